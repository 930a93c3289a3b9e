"""Telemetry on the wire: device payloads (`payload`), the journal (`batch`), units (`units`), quality bits (`quality`)."""
