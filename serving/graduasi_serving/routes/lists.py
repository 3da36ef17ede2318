"""A mentor's list, one household of it, and the overview for those who look after several mentors."""

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from starlette.responses import Response

from graduasi.lists.entries import Section
from graduasi.panel.identifiers import is_identifier
from graduasi_serving.accounts.access import entries_seen_by, lists_seen_by
from graduasi_serving.accounts.browser_sessions import SignedIn
from graduasi_serving.database.lists import ListedHousehold, PublishedList
from graduasi_serving.pages.cards import household_page, list_link, list_page, mentors_page
from graduasi_serving.pages.contexts import MessagePage
from graduasi_serving.pages.rendering import Page, compressed_response, static_file, stylesheet_address
from graduasi_serving.routes.visitors import frame_for, page_response, require_signed_in, see_other
from graduasi_serving.service import service_of
from graduasi_serving.web.problems import Problem

router = APIRouter(include_in_schema=False)
STATIC = {"graduasi.css": "text/css", "icon.svg": "image/svg+xml"}
CACHE_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
CACHE_FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600", "Vary": "Accept-Encoding"}


@router.get("/")
def start(request: Request) -> Response:
    """Redirects to the list. Programs find the description of the interface in the Link header (RFC 8631)."""
    response = see_other("/daftar")
    response.headers["Link"] = '</docs>; rel="service-doc", </v1/openapi.json>; rel="service-desc"'
    return response


@router.get("/daftar")
def show_own_list(request: Request) -> Response:
    """A mentor's own list; for supervisors and administrators the mentors they may see."""
    with service_of(request).transaction() as session:
        person = require_signed_in(session, request)
        page = (
            _own_list(session, request, person)
            if person.viewer.role == "mentor"
            else _overview(session, request, person)
        )
        return page_response(page, request)


@router.get("/daftar/{household_id:path}")
def show_household(request: Request, household_id: str) -> Response:
    """One household. 404 both if it is on no list and if this person may not see it.

    A household on the current lists of two mentors is shown as the list published last has it.
    """
    _refuse_no_identifier(household_id)
    with service_of(request).transaction() as session:
        person = require_signed_in(session, request)
        entries = entries_seen_by(person.viewer).where(ListedHousehold.household_id == household_id)
        newest_first = entries.order_by(ListedHousehold.list_id.desc(), ListedHousehold.id)
        entry = session.scalars(newest_first).first()
        if entry is None:
            raise Problem(404)
        return page_response(household_page(entry, frame_for(request, person=person)), request)


@router.get("/pendamping/{mentor_id:path}/bagian/{section}")
def show_section(request: Request, mentor_id: str, section: Section) -> Response:
    """One section of a mentor's list in full."""
    with service_of(request).transaction() as session:
        person = require_signed_in(session, request)
        frame = frame_for(request, person=person)
        back = (f"{list_link(mentor_id)}#{section}", frame.words["list"]["whole_list"])
        published = _find_list(session, person, mentor_id)
        return page_response(list_page(published, frame, only=section, back=back), request)


@router.get("/pendamping/{mentor_id:path}")
def show_list(request: Request, mentor_id: str) -> Response:
    """A mentor's list. 404 both if there is none and if this person may not see it."""
    with service_of(request).transaction() as session:
        person = require_signed_in(session, request)
        frame = frame_for(request, person=person)
        back = None if person.viewer.role == "mentor" else ("/daftar", frame.words["list"]["all_mentors"])
        return page_response(list_page(_find_list(session, person, mentor_id), frame, only=None, back=back), request)


@router.get("/statis/{name}")
def show_static(request: Request, name: str) -> Response:
    """The style sheet and the icon."""
    if name not in STATIC:
        raise Problem(404)
    names_its_content = str(request.url).endswith(stylesheet_address())
    headers = CACHE_FOR_GOOD if names_its_content else CACHE_FOR_AN_HOUR
    return compressed_response(static_file(name), request, status=200, media_type=STATIC[name], headers=headers)


def _own_list(session: Session, request: Request, person: SignedIn) -> Page:
    frame = frame_for(request, person=person)
    published = session.scalars(lists_seen_by(person.viewer).options(selectinload(PublishedList.entries))).first()
    if published is None:
        return MessagePage(frame=frame, heading=frame.words["list"]["title"], text=frame.words["list"]["nothing"])
    return list_page(published, frame, only=None, back=None)


def _overview(session: Session, request: Request, person: SignedIn) -> Page:
    lists = session.scalars(lists_seen_by(person.viewer).order_by(PublishedList.mentor_id)).all()
    proposed = entries_seen_by(person.viewer).where(ListedHousehold.section == "propose").subquery()
    rows = session.execute(select(proposed.c.list_id, func.count()).group_by(proposed.c.list_id))
    counts: dict[int, int] = {list_id: count for list_id, count in rows}  # noqa: C416 - a row is not typed as a pair
    return mentors_page(
        [(published, counts.get(published.id, 0)) for published in lists], frame_for(request, person=person)
    )


def _refuse_no_identifier(text: str) -> None:
    """404 for what cannot be a household_id or mentor_id: nothing is published under it, and PostgreSQL refuses NUL."""
    if not is_identifier(text):
        raise Problem(404)


def _find_list(session: Session, person: SignedIn, mentor_id: str) -> PublishedList:
    """The mentor's current list. Raises Problem (404) if there is none that this person may see."""
    _refuse_no_identifier(mentor_id)
    query = (
        lists_seen_by(person.viewer)
        .where(PublishedList.mentor_id == mentor_id)
        .options(selectinload(PublishedList.entries))
    )
    published = session.scalars(query).first()
    if published is None:
        raise Problem(404)
    return published
