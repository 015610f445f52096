"""Networks as graphs: built here from nothing but a checkpoint, run by OpenVINO."""
