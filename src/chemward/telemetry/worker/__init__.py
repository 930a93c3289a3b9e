"""Worker: from what devices sent to judged samples.

`feeds` what is configured · `pipeline` bytes → columns · `checks` the loop over samples · `health` what a feed's page shows ·
`judge` the engine step by step, live and in recovery · `snapshots` files · `inflow` reading a stream in order · `process` the bus.
"""
