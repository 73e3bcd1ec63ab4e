"""Steps by how a note lays its times out: under a heading, in rows of names, lists, tables and stretches of the session.

Each step takes what the services were given so far and returns what it gives anew.
"""

from __future__ import annotations

from models.minutes.traits import Given, Traits


def itemised(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services of which a name heads a line of items that each have a time of their own, with all these times: they add up
    ("Manual: STM 6 min, mobs 8 min"). A line of which an item has none may end with the time of all and is left as given.
    """
    out = {}
    for service, chosen in given.items():
        items = [times for times in traits.page.itemised(service) if set(chosen) & set(times)]
        taken = {i for other, times in given.items() if other != service for i in times}
        if len(items) == 1 and set(chosen) < set(items[0]) and not taken.intersection(items[0]):
            out[service] = items[0]
    return out


def of_its_heading(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services without a time of which a name heads a sentence, with the times of its items, where the service these were given
    has another time: "Pool: walking 10 min. Gait training on land 15 min".
    """
    out: dict[str, tuple[int, ...]] = {}
    for service in [service for service, chosen in given.items() if not chosen]:
        items = set(traits.page.headed(service))
        for other, chosen in given.items():
            taken = items & set(out.get(other, chosen))
            if taken and taken < set(chosen):
                out[service] = tuple(sorted({*out.get(service, ()), *taken}))
                out[other] = tuple(i for i in out.get(other, chosen) if i not in taken)
    return out


def rowed(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services without a time that are named in one row with others beside a time, with that time: "TE and NMR for 25 min".

    It must be minutes of this visit's work, and given to no service outside the row.
    """
    out: dict[str, tuple[int, ...]] = {}
    for index, time in enumerate(traits.times):
        row = {*time.row, time.name_before or time.name_behind} & set(given)
        users = {service for service, chosen in given.items() if index in chosen}
        if time.tied and time.done and time.kind == "minutes" and len(row) > 1 and users <= row:
            out |= {service: (index,) for service in row if not given[service]}
    return out


def headed_together(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services without a time whose names head a line together with others', with the only time under them (guide section 5): "Ther ex
    and NMR: SLR, foam balance, 30 min".
    """
    out: dict[str, tuple[int, ...]] = {}
    segments = traits.page.segments
    under: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for index, time in enumerate(traits.times):
        if time.inside and len(segments[time.at].strong) > 1:
            under.setdefault((segments[time.at].line, segments[time.at].strong), []).append(index)
    for (_, names), times in under.items():
        time = traits.times[times[0]]
        if len(times) > 1 or not time.done or time.kind != "minutes" or not set(names) <= set(given):
            continue
        users = {service for service, chosen in given.items() if times[0] in chosen}
        if users and all(given[name] in ((), (times[0],)) for name in names) and users <= set(names):
            out |= dict.fromkeys(names, (times[0],))
    return out


def of_items(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services whose times end lines that name treatments, with those too that other such lines of theirs say in parts or of each of
    several: "hand bike 4' fwd 4' back", "bike and rower 5 min each".
    """
    times, segments = traits.times, traits.page.segments
    taken = {i for chosen in given.values() for i in chosen}
    out = {}
    for service, chosen in given.items():
        lines = {segments[times[i].at].line for i in chosen}
        own = all(times[i].ends[-1:] == "L" and _is_item_of(traits, i, service) for i in chosen)
        more = [
            i
            for i, time in enumerate(times)
            if i not in taken and segments[time.at].line not in lines and _is_item_of(traits, i, service)
        ]
        parts = [i for i in more if times[i].each or sum(times[k].at == times[i].at for k in more) > 1]
        if chosen and own and parts:
            out[service] = tuple(sorted({*chosen, *parts}))
    return out


def _is_item_of(traits: Traits, index: int, service: str) -> bool:
    """Whether a time is minutes of work in a clause that is one service's only and names a treatment."""
    time = traits.times[index]
    named = time.inside and any(service in m.concept.priors for m in traits.page.segments[time.at].mentions)
    alone = "a" in time.place or time.ends[-1:] == ":"
    return named and not alone and time.kind == "minutes" and time.done and traits.decided[time.at] == {service}


def of_stretches(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services told of behind one stretch of the session each, where several are told so, with all of theirs: "first quarter hour: ...,
    second quarter hour: ...", "[0910 to 0935] dressing".
    """
    times, page = traits.times, traits.page
    heads = [i for i, t in enumerate(times) if t.inside and t.done and page.heads_stretch(t)]
    owners = {i: _told_behind(traits, i) for i in heads}
    if len(heads) < 2 or len({times[i].kind == "clock" for i in heads}) > 1:
        return {}
    own: dict[str, list[int]] = {}
    for index, services in owners.items():
        for service in services if len(services) == 1 else ():
            own.setdefault(service, []).append(index)
    taken = {index for found in own.values() for index in found}
    rest = {
        service: tuple(i for i in chosen if i not in taken)
        for service, chosen in given.items()
        if taken & set(chosen)
    }
    return rest | {service: tuple(found) for service, found in own.items()}


def _told_behind(traits: Traits, index: int) -> frozenset[str]:
    """The services of a time's own clause; where it has none, those of the clauses that follow it in its sentence."""
    time, segments = traits.times[index], traits.page.segments
    at = time.at
    alone = time.kind == "clock" and not any(map(str.isalnum, traits.page.flat[time.end : segments[at].end]))
    if alone and at + 1 < len(segments) and segments[at + 1].line == segments[at].line:
        at += 1
    found = traits.decided[at]
    while not found and at + 1 < len(segments) and segments[at + 1].sentence == segments[at].sentence:
        at += 1
        found = traits.decided[at]
    return found


def of_rows(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services of which rows of a table tell, each with the times of all its rows, where it was given one of these or none."""
    at = {time.start: index for index, time in enumerate(traits.times)}
    own: dict[str, list[int]] = {}
    for row, services in traits.page.timed_rows():
        for service in services if row in at and len(services) == 1 else ():
            own.setdefault(service, []).append(at[row])
    out = {}
    for service, rows in own.items():
        chosen = given.get(service, ())
        others = {i for other, found in given.items() if other != service for i in found}
        if service in given and set(chosen) < set(rows) and others.isdisjoint(rows):
            out[service] = tuple(rows)
    return out


def of_entries(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services called in a list of names and numbers that take turns, with their own number where they were given none or
    another's: "TE 20 as before, MT 15 as before".
    """
    own: dict[str, set[int]] = {}
    for service, index in traits.page.entries():
        own.setdefault(service, set()).add(index)
    every = {index for found in own.values() for index in found}
    out = {}
    for service, chosen in given.items():
        mine = own.get(service, set())
        rest = {i for i in chosen if i in mine or i not in every or service in traits.times[i].row}
        if rest != set(chosen) or (mine and not chosen):
            out[service] = tuple(sorted(rest or mine))
    return out


def paired(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services called in a row before as many numbers, each with its own of these and no other's: "TE/NMR/MT = 23/12/8"."""
    own: dict[str, set[int]] = {}
    for service, index in traits.page.paired():
        own.setdefault(service, set()).add(index)
    every = {index for found in own.values() for index in found}
    rest = {service: tuple(i for i in chosen if i not in every) for service, chosen in given.items()}
    return rest | {service: tuple(sorted(found)) for service, found in own.items()}
