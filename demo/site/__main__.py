"""`python -m demo.site [PORT] [redesigned]`: serves the demo site, prints its port, and ends with its standard input.

Standard input is a pipe from whoever started it: when that process is gone, however it went, the pipe closes, and this
ends too.
"""

import asyncio
import os
import signal
import sys
import threading

from demo.site.server import start

__all__: list[str] = []


async def main(port: int, *, redesigned: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C reaches the whole group; the starter ends this one
    threading.Thread(target=_wait_for_end_of_input, args=(loop, ended), daemon=True).start()
    runner, taken = await start(port, redesigned=redesigned)
    print(taken, flush=True)
    await ended.wait()
    await runner.cleanup()


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    while os.read(0, 1024):  # not sys.stdin: a thread inside its buffer holds up the end of the process
        pass
    loop.call_soon_threadsafe(ended.set)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0, redesigned="redesigned" in sys.argv[2:]))
