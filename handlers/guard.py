"""Who may call a route: every route is made by `route()` and names its guard; there is no other way in."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from catalog.permissions import packaged
from handlers.context import hall_of
from handlers.session import SignedIn, refusal, signed_in, token_of
from rules.access import Role
from rules.errors import Forbidden
from rules.permissions import Capability
from rules.quick_dataclass import dataclass

Endpoint = Callable[[Request], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may pass. `roles` empty and `public` false means any staff member who has signed in."""

    name: str
    public: bool = False
    roles: frozenset[Role] = frozenset()
    capability: Capability | None = None
    """Asked of the county's own permissions at every request; `roles` are those of the packaged ones."""

    def admit(self, request: Request) -> SignedIn | None:
        """The person signed in, if any; raises Unauthenticated or Forbidden when they may not pass."""
        if request.scope.get("hall.forged"):
            raise Forbidden("这个请求不是从本站页面发出的，没有执行。请回到本站重新操作。")
        person = signed_in(request)
        if self.public:
            return person
        if person is None:
            raise refusal(request)
        roles = self.roles
        if self.capability is not None:
            roles = hall_of(request).edition.permissions.roles(self.capability)
        if roles and not (roles & person.roles):
            raise Forbidden("您的岗位没有这项权限。如果工作需要，请联系系统管理员。")
        return person


def public(reason: str) -> Guard:
    """Anyone may call; `reason` says why that is right."""
    return Guard(f"public: {reason}", public=True)


def staff(*roles: Role) -> Guard:
    """Signed-in staff holding at least one of `roles` today (any, when none is named)."""
    return Guard("staff: " + (", ".join(sorted(roles)) or "any"), roles=frozenset(roles))


def may(capability: Capability) -> Guard:
    """Signed-in staff whose roles hold a capability in the county's permissions."""
    return Guard(f"may: {capability}", roles=packaged().roles(capability), capability=capability)


def route(
    path: str, endpoint: Endpoint, *, guard: Guard, methods: Sequence[str] = ("GET",), name: str | None = None
) -> Route:
    """A Starlette route that lets nobody in before its guard has spoken.

    The person signed in (or None on a public route) is `request.state.person`.
    """

    waits = inspect.iscoroutinefunction(endpoint)

    async def guarded(request: Request) -> Response:
        # A session is read from the database, and noted there: never on the event loop.
        admit = run_in_threadpool(guard.admit, request) if token_of(request) else None
        person = guard.admit(request) if admit is None else await admit
        request.state.person = person
        if person is not None:
            request.scope["hall.role"] = "+".join(sorted(person.roles)) or "none"
        if waits:
            answer: Response = await endpoint(request)  # type: ignore[misc]
            return answer
        return await run_in_threadpool(endpoint, request)  # type: ignore[arg-type]

    guarded.guard = guard  # type: ignore[attr-defined]
    guarded.template = path  # type: ignore[attr-defined]
    return Route(path, guarded, methods=list(methods), name=name or endpoint.__name__)


def guard_of(candidate: object) -> Guard | None:
    """The guard a mounted route carries, or None: the test that walks all routes asks this."""
    return getattr(getattr(candidate, "endpoint", None), "guard", None)
