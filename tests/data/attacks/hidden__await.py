async def g():
    await __import__("asyncio").sleep(0)
