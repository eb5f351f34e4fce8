"""Whether the Redis that rings the bell is fit for it: one that may evict keys loses what is queued."""

import redis
from django.conf import settings


class Unfit(Exception):
    """This Redis must not be used; the message says why in a sentence."""


class Silent(Exception):
    """No Redis answers at the address."""


def require_fit() -> None:
    """Raises Unfit for a Redis with an eviction policy, Silent where none answers; nothing is asked without REDIS_URL.

    A Redis that hides its configuration (some that are rented) is believed.
    """
    if not settings.REDIS_URL:
        return
    try:
        policy = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5).config_get("maxmemory-policy")
    except (redis.ConnectionError, redis.TimeoutError) as unreachable:
        raise Silent("REDIS_URL is set, but no Redis answers there.") from unreachable
    except redis.ResponseError:
        return
    if isinstance(policy, dict) and policy.get("maxmemory-policy", "noeviction") != "noeviction":
        raise Unfit("This Redis may evict keys. Set its maxmemory-policy to noeviction, or use another instance.")
