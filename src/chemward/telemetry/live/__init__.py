"""Live: the browser's stream and the devices' HTTP door.

`token` who a stream is for · `board` alarms that are open · `values` last values · `hub` clients and what each may see ·
`credentials` who may come in · `directory` feeds and tags · `ingest` HTTP door · `app` addresses · `process` the bus.
"""
