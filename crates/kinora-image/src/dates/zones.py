"""Makes zones.txt from GeoNames' cities (CC-BY 4.0): python3 zones.py CITIES15000.JSON > zones.txt

Zones that have had the same offsets since 2000 are one. Of the cities, those are kept without which another
would get a wrong zone from its nearest one (condensed nearest neighbour, Hart 1968), so that the table answers
as all 33 000 cities would."""

import collections
import datetime
import json
import math
import sys
import zoneinfo

cities = sorted(json.load(open(sys.argv[1])).values(), key=lambda c: (-c["population"], c["name"]))
WHEN = [datetime.datetime(y, m, d) for y in range(2000, 2031) for m in range(1, 13) for d in (1, 15)]


def signature(name, known={}):
    if name not in known:
        zone = zoneinfo.ZoneInfo(name)
        known[name] = tuple(zone.utcoffset(when) for when in WHEN)
    return known[name]


names = {}  # The zone of the largest city stands for all that agree with it.
points = []
for city in cities:
    if city.get("timezone"):
        zone = names.setdefault(signature(city["timezone"]), city["timezone"])
        points.append((round(city["latitude"], 1), round(city["longitude"], 1), zone))
points = list(dict.fromkeys(points))


def unit(point):
    latitude, longitude = math.radians(point[0]), math.radians(point[1])
    return (math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude))


CELL = 0.05
cells = collections.defaultdict(list)


def cell(at):
    return tuple(math.floor(x / CELL) for x in at)


def nearest(at):
    best, zone = 9.0, None
    x, y, z = cell(at)
    for ring in range(1, 60):
        around = range(-ring, ring + 1)
        if ring <= 3:
            keys = [(x + i, y + j, z + k) for i in around for j in around for k in around]
            found = [p for key in keys if key in cells for p in cells[key]]
        else:
            found = [p for inside in cells.values() for p in inside]
        for other, name in found:
            distance = sum((a - b) ** 2 for a, b in zip(at, other))
            if distance < best:
                best, zone = distance, name
        if zone and math.sqrt(best) <= ring * CELL or ring > 3:
            return zone
    return zone


kept = []
changed = True
while changed:
    changed = False
    for point in points:
        at = unit(point)
        if nearest(at) != point[2] and point not in kept:
            kept.append(point)
            cells[cell(at)].append((at, point[2]))
            changed = True

by_zone = collections.defaultdict(list)
for latitude, longitude, zone in kept:
    by_zone[zone].append(f"{round(latitude * 10)},{round(longitude * 10)}")
for zone in sorted(by_zone):
    print(zone, *by_zone[zone])
