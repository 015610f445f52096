"""OpenVINO, loaded when it is needed, quiet: it neither phones home nor leaves files in the home folder."""

import sys
from typing import Any

TELEMETRY = "openvino_telemetry"


def load_openvino() -> Any:
    """Import OpenVINO without its telemetry package, which collects usage data and asks servers. Raises ImportError."""
    # None in this table makes every import of the package fail, and OpenVINO goes on without it.
    sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]
    import openvino

    return openvino


def load_operations() -> Any:
    """Import the operations that graphs are built of. Raises ImportError."""
    load_openvino()
    from openvino import opset15

    return opset15
