"""What is written and brought in the showroom."""

FROST = """---
title: First frost
subject: First frost, and a fence that hums
---
Good morning, {{ first_name | fallback("reader") }}. The window was white today, so
this letter is about what the cold is good for.

## Along the shore

### [A fence that hums](https://example.org/fence)
**What it is:** Two kilometres of wire along the dyke, and the north wind.
**Where to listen:** At the third gate, with an ear on the post.
**Rating:** 🐚🐚🐚🐚 (a scarf helps)

## Night sky

### [The Leonids, without a telescope](https://example.org/leonids)
**What it is:** Fifteen shooting stars an hour, if the clouds allow.
**Where to look:** East, after midnight, lying down.
**Rating:** 🔭🔭🔭½

## Radio

### [A play in the dark](https://example.org/play)
**What it is:** Forty minutes, two voices, and one door.
**Rating:** 📻📻📻📻📻
"""

WINTER = """---
title: Winter light
subject: Winter light, and where to find it
---
Good morning, {{ first_name | fallback("reader") }}. Four places that keep the light on.

## Night sky

### [Zodiacal light from the pier](https://example.org/zodiacal)
**What it is:** A pale cone above the sea, an hour before sunrise.
**Rating:** 🔭🔭🔭🔭

## Kitchen garden

### [Lettuce under glass](https://example.org/lettuce)
**What it is:** Old windows, four bricks, and patience.
**Rating:** 🥬🥬🥬

## Old maps

### [The lighthouse list of 1868](https://example.org/lights)
**What it is:** Every light on the coast, its colour, and its keeper’s name.
**Rating:** 🗺️🗺️🗺️🗺️½

## Small museums

### [A room of lamps](https://example.org/lamps)
**What it is:** Three hundred of them, and one switch.
**Rating:** 🏛️🏛️🏛️🏛️ (closed when it rains)
"""

FINDINGS = """---
title: A draft with something to mend
date: 2026-12-04
---
Opening words for everybody.

## Along the shore

### [Driftwood, named](https://example.org/driftwood)
**What it is:** A key to forty kinds of wood by smell and weight.
**Rating:** 🐚🐚🐚🐚 or perhaps five

## Whale songs {topic=whales}

### [A hydrophone for beginners](https://example.org/hydrophone)
**What it is:** A microphone in a jam jar.

## A word from the editors

We look for somebody who can repair a lens.

:::callout
This box is never closed.

![](https://example.org/lens.jpg)
"""

PEOPLE_CSV = """email,name,interests,status
asa.lund@example.org,Åsa Lund,"Night sky; Radio",subscribed
ben.okoro@example.net,Ben Okoro,Old maps,subscribed
ines@example.org,Ines Adeyemi,Night sky,subscribed
tore@example.com,Tore Fjord,Bicycles,subscribed
clara.weiss@example.com,Clara Weiß,"Kitchen garden; Cheese",subscribed
dmitri@example,Dmitri,Radio,subscribed
edith.marsh@example.org,Edith Marsh,Small museums,unsubscribed
asa.lund@example.org,Åsa Lund,Radio,subscribed
nobody@example.com,,Radio,subscribed
farid.nasser@example.net,Farid Nasser,"Along the shore; Night sky; Old maps",subscribed
greta.holm@example.org,Greta Holm,,subscribed
an.address.that.nobody.would.ever.type.twice@a-long-name-for-a-harbour-museum.example.org,Hubert Blaine,Radio,yes
=cmd@example.org,Formula,Radio,subscribed
"""
