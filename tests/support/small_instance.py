"""An instance of small children, run as a program of its own by the supervisor tests: `python small_instance.py [KIND…]`.

The data folder is CHEMWARD_DATA. Kinds: sleeper, parent (starts a child of its own), stubborn (ignores SIGTERM), slow (takes five
seconds to stop), short (ends at once), server (answers HTTP), bus and historian (the real ones), beater (beats on the bus), mute
(connects to nothing, is expected to beat).
"""

import asyncio
import os
import sys

from chemward.config import supervisor
from chemward.config.processes import PROCESSES, ProcessSpec
from chemward.telemetry.installation import Installation

SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(600)"
CODE = {
    "sleeper": SLEEP,
    "parent": f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n{SLEEP}",
    "stubborn": f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SLEEP}",
    "slow": """
import signal, time
def end(*_):
    time.sleep(5)
    print('ended in good order', flush=True)
    raise SystemExit
signal.signal(signal.SIGTERM, end)
print('up', flush=True)
time.sleep(600)
""",
    "short": "import sys; sys.exit(3)",
    "server": """
import http.server, json, os
port = json.load(open(os.environ['CHEMWARD_DATA'] + '/run.json'))['ports']['server']
class Ok(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204 if self.path == '/-/ping' else 500); self.end_headers()
http.server.HTTPServer(('127.0.0.1', port), Ok).serve_forever()
""",
    "beater": """
import asyncio
from chemward.telemetry.bus import client
from chemward.telemetry.installation import Installation
async def main():
    nc = await client.connect(Installation.from_environment(), 'beater')
    await client.beat(nc, 'beater')
asyncio.run(main())
""",
}
CODE["mute"] = SLEEP


def spec(kind: str) -> ProcessSpec:
    if real := {row.name: row for row in PROCESSES}.get(kind):
        return real
    ready = {"server": "http", "beater": "beat", "mute": "beat", "short": "beat"}.get(kind, "running")
    return ProcessSpec(
        kind,
        kind,
        lambda installation, ports: [sys.executable, "-c", CODE[kind]],
        ready,
        ports=("server",) if kind == "server" else (),
        needs=("bus",),
        probe="/-/ping",
    )


def main(kinds: list[str]) -> int:
    installation = Installation.from_environment()
    specs = [spec(kind) for kind in kinds]
    try:
        with supervisor.alone(installation):
            ports = supervisor.choose_ports(installation, specs, os.environ)
            within_s = float(os.environ.get("STOP_WITHIN_S", supervisor.STOP_WITHIN_S))
            asyncio.run(
                supervisor.Supervisor(
                    installation, specs, ports, os.environ, greeting=lambda: ["all up"], stop_within_s=within_s
                ).run()
            )
    except supervisor.Refused as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
