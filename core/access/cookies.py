"""The cookies by which a browser is known: one for each role, so that all of them fit in one browser."""

from core.access.person import Role

COOKIES = {
    Role.READER: "mrturing_reader",
    Role.RESEARCHER: "mrturing_researcher",
    Role.CURATOR: "mrturing_curator",
}
COOKIE_LIFETIME_S = 180 * 24 * 3600
