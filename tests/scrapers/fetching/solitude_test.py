"""One alone is alone; the others are together; nobody waits for ever."""

import asyncio
import random

from scrapers.fetching.solitude import Solitude


def test_whoever_is_alone_meets_nobody_and_everybody_gets_in() -> None:
    chance = random.Random(1)  # noqa: S311
    inside: dict[int, bool] = {}
    most = 0

    async def visit(solitude: Solitude, who: int, alone: bool) -> None:
        nonlocal most
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        await solitude.enter(who, alone=alone)
        try:
            inside[who] = alone
            assert len(inside) == 1 or not any(inside.values())
            most = max(most, len(inside))
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
        finally:
            del inside[who]
            solitude.leave(who)
            solitude.leave(who)

    async def run() -> None:
        solitude = Solitude()
        visits = [asyncio.ensure_future(visit(solitude, who, who % 7 == 0)) for who in range(500)]
        for cancelled in chance.sample(visits, 60):
            asyncio.get_running_loop().call_later(chance.random() / 1000, cancelled.cancel)
        ended = await asyncio.wait_for(asyncio.gather(*visits, return_exceptions=True), 60)
        assert not [one for one in ended if isinstance(one, Exception)]

    asyncio.run(run())
    assert most > 1


def test_one_that_gives_up_waiting_holds_up_nobody() -> None:
    async def run() -> None:
        solitude = Solitude()
        await solitude.enter("first", alone=False)
        alone = asyncio.ensure_future(solitude.enter("alone", alone=True))
        await asyncio.sleep(0)
        behind = asyncio.ensure_future(solitude.enter("behind", alone=False))
        await asyncio.sleep(0)
        assert not behind.done()

        alone.cancel()
        await asyncio.wait_for(behind, 30)

        solitude.leave("first")
        solitude.leave("behind")
        await asyncio.wait_for(solitude.enter("last", alone=True), 30)

    asyncio.run(run())


def test_one_that_is_cancelled_as_it_gets_in_is_not_inside() -> None:
    async def run() -> None:
        solitude = Solitude()
        await solitude.enter("first", alone=True)
        second = asyncio.ensure_future(solitude.enter("second", alone=True))
        await asyncio.sleep(0)

        solitude.leave("first")
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)

        await asyncio.wait_for(solitude.enter("third", alone=True), 30)

    asyncio.run(run())
