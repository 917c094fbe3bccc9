"""Sends answers as a bad network does: reset, cut off, truncated, or byte by byte."""

import asyncio

from aiohttp import web

from devvault.faults import BodyFault

_BYTE_SECONDS = 0.5


async def send_broken(http: web.BaseRequest, answer: web.Response, fault: BodyFault) -> web.StreamResponse:
    """Return what is left of an answer, or send that much of it and break the connection."""
    body = bytes(answer.body) if isinstance(answer.body, bytes) else b""
    if fault is BodyFault.INVALID:
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
        return web.Response(body=body[: len(body) // 2], status=answer.status, headers=headers)
    if fault is BodyFault.RESET:
        if http.transport is not None:
            http.transport.abort()
        return answer
    sent = web.StreamResponse(status=answer.status, headers={**answer.headers, "Content-Length": str(len(body))})
    await sent.prepare(http)
    if fault is BodyFault.CUT:
        await sent.write(body[: len(body) // 2])
        if http.transport is not None:
            http.transport.close()
        return sent
    for byte in body:
        await sent.write(bytes([byte]))
        await asyncio.sleep(_BYTE_SECONDS)
    return sent
