"""Who asks, and what a link alone allows."""
