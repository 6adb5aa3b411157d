"""A limit that follows what the server can take: additive increase, multiplicative decrease.

Chiu & Jain (1989). A single refusal is not a sign of overload where servers fail at random, so the limit is
cut only when a fifth of a round's requests show overload, a round being as many requests as the limit allows.
"""

import logging
import math

from agents.llm.limiter import Limiter

logger = logging.getLogger(__name__)

_CUT = 0.5
_OVERLOADED_SHARE = 0.2
_LEAST_OVERLOADED = 2
_SHORTEST_ROUND = 8
_STEPS = 16
"""From one request at once to the limit in so many good rounds."""


class AdaptiveLimiter(Limiter):
    """Begins at `limit`, halves under overload, and creeps back.

    Attributes:
        lowest: the smallest limit that was in force.
        cuts: how often it was halved.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.lowest = limit
        self.cuts = 0
        self._round = 0
        self._answered = 0
        self._overloaded = 0

    def begun(self) -> int:
        return self._round

    def ended(self, begun: int, *, overloaded: bool) -> None:
        """Requests that began before the last change say nothing about the limit since."""
        with self._lock:
            if begun != self._round:
                return
            self._answered += 1
            self._overloaded += overloaded
            if self._overloaded >= max(_LEAST_OVERLOADED, math.ceil(_OVERLOADED_SHARE * self.allowed)):
                self._cut()
            elif self._answered >= max(_SHORTEST_ROUND, self.allowed):
                self._allow(self.allowed + max(1, self.limit // _STEPS))

    def _cut(self) -> None:
        before = self.allowed
        self._allow(int(self.allowed * _CUT))
        if self.allowed < before:
            self.cuts += 1
            logger.info("the language model is overloaded: %d requests at once, not %d", self.allowed, before)

    def _allow(self, count: int) -> None:
        """A new round under a new limit; called under the lock."""
        self.allowed = min(self.limit, max(1, count))
        self.lowest = min(self.lowest, self.allowed)
        self._round += 1
        self._answered = self._overloaded = 0
        self._grant()
