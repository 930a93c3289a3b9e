"""Acts of live monitoring, one module a noun: `actions.alarms.acknowledge(…)`."""
