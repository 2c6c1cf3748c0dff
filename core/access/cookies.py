"""The two cookies by which a browser is known: one for readers, one for researchers, so that both fit in one."""

from core.access.person import Role

COOKIES = {Role.READER: "mrturing_reader", Role.RESEARCHER: "mrturing_researcher"}
COOKIE_LIFETIME_S = 180 * 24 * 3600
