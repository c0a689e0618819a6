"""The believable town of the seed: who lives there, their rooms, and what they say."""

PEOPLE = {
    "ada": "Ada Lindqvist",
    "bo": "Bo Okafor",
    "chiara": "Chiara Rossi",
    "dmitri": "Dmitri Volkov",
    "elif": "Elif Yılmaz",
    "fern": "Fern",
    "goro": "五郎 Tanaka",
    "hana": "Hana Nováková",
    "ines": "Inês Carvalho",
    "jonas": "Jonas Bergström",
    "karim": "كريم الحداد",
    "lena": "Lena Schiffahrtsgesellschaftsvorsitzende-Mühlenbeck",
    "mateo": "Mateo Ruiz",
    "nour": "Nour Haddad",
    "otto": "Otto",
    "priya": "Priya Raman",
}

# name: (topic, kind, owner, moderators, scripted conversation below)
ROOMS = {
    "Harbour": ("Berths, tides, who is in and who is out", "public", "ada", ("bo",)),
    "Town hall": ("Notices and questions to the council", "public", "ada", ("chiara", "bo")),
    "Market square": ("What is on the stalls on Saturday", "public", "chiara", ("ines",)),
    "Library": ("Books, the reading circle, the leaking roof", "public", "hana", ()),
    "Repair café": ("Every first Sunday. Bring the broken thing and its cable", "public", "mateo", ("priya",)),
    "Allotments": ("", "public", "fern", ()),
    "Night ferry": ("The crew of the late boat", "private", "ada", ("jonas",)),
    "New pier": ("Plans for the pier. Nothing said yet", "public", "ada", ()),
    "Chess by post": ("One move a day", "public", "goro", ()),
}
# Rooms that the demo person has not joined, for the directory.
NOT_JOINED = {"Chess by post", "Allotments"}

TALK = {
    "Harbour": [
        ("bo", "Morning. Wind has gone round to the south-west, 4 to 5."),
        ("ada", "Thanks Bo. Is the *Mary Tully* still on the inner berth?"),
        ("bo", "Left at six with the tide."),
        ("jonas", "Then the inner berth is free until Thursday"),
        ("jonas", "I can bring the dredger in if nobody minds the noise"),
        ("ada", "Fine by me. After eight, please, the school has its exam week."),
        ("elif", "Pilot boat needs the crane for ten minutes today, any time before noon"),
        ("bo", "Eleven?"),
        ("elif", "Eleven it is 👍"),
        ("goro", "High water 13:42, 4.1 m. Low water 19:55, 0.7 m."),
        ("mateo", "The light on the east mole blinks again. Same relay as in spring, I will look at it tonight."),
        ("ada", "@bo could you put up a note for the visitors until then?"),
        ("bo", "Done. Typed, laminated, taped. It will hold till the first gull."),
    ],
    "Town hall": [
        ("chiara", "The minutes of Tuesday are up: https://townhall.example/minutes/2026-11-17"),
        (
            "ada",
            "Three things were decided:\n\n1. the lamp posts in Mill Lane\n2. Sunday hours for the library\n3. no"
            " second roundabout",
        ),
        ("dmitri", "> no second roundabout\n\nThank you. That one had me awake."),
        (
            "hana",
            "**Sunday hours** start on the first of December, ten to two. ~~Nine to one~~, we asked, nobody is up.",
        ),
        (
            "priya",
            "For those who want the figures, this is how I counted the traffic:\n\n```python\nfrom collections import"
            ' Counter\n\ndef per_hour(crossings):\n    """Crossings by hour of the day."""\n    return'
            " Counter(c.time.hour for c in crossings)\n```",
        ),
        ("bo", "`per_hour` counts the mayor's bicycle twice, he goes back for his hat"),
        ("nour", "😂😂"),
        ("karim", "صباح الخير! هل المكتبة مفتوحة اليوم؟"),
        ("hana", "@karim yes, until six."),
        ("goro", "図書館の屋根はいつ直りますか。"),
        (
            "lena",
            "When the slater is back from Oslo, so the week after next, weather and slater permitting. I have asked "
            "three others; one is retired, one is afraid of heights, which one would have liked to know when he "
            "took the job, and the third sent an offer that I keep as a bookmark because it makes me laugh every "
            "time I open the book.",
        ),
        ("ada", "@chiara could the council lend us the tarpaulin until then?"),
        ("chiara", "@ada it could. It is under the stage, behind the donkey."),
        ("otto", "the donkey is back??"),
        ("fern", "The *papier-mâché* donkey, Otto."),
    ],
    "Market square": [
        ("ines", "Saturday: first clementines, the last of the pears, and Nour brings bread again"),
        ("nour", "Two sorts. Rye with caraway, and the one with the crack that looks like the coastline."),
        ("otto", "Keep me a coastline please"),
        ("chiara", "Stalls 3 and 4 swap places, the gutter above 4 drips on the cheese."),
        ("mateo", "I could fix the gutter"),
        ("chiara", "You could have fixed the gutter since March, Mateo ❤️"),
    ],
    "Library": [
        ("hana", "The reading circle takes *The Summer Book* next. Four copies here, two more from the county."),
        ("priya", "I have one with notes in the margin, somebody disagrees with everything from page 60 on"),
        ("elif", "That was me"),
        ("hana", "Buckets under the roof: emptied at nine. Please empty them if you pass."),
    ],
    "Repair café": [
        ("mateo", "Sunday list so far: two toasters, a radio, a zip, and a thing that Otto will not describe"),
        ("otto", "It hums"),
        ("priya", "Bring it unplugged, please"),
        ("mateo", "Radio: the capacitor was leaking, 47 µF. We have those."),
    ],
    "Allotments": [
        ("fern", "Frost tonight. Cover your chard."),
        ("ines", "Covered. Thanks Fern"),
        ("dmitri", "Whoever left pumpkins at my gate: thank you, stop"),
    ],
    "Night ferry": [
        ("jonas", "Crew tonight: Elif at the helm, Goro below, me on deck. 23:10 as always."),
        ("elif", "Fog from midnight, says the buoy"),
        ("ada", "Take the slow lane and ring the bell. I am awake if you need me."),
    ],
    "Chess by post": [
        ("goro", "14. Nf3–d4"),
        ("dmitri", "Of course it is. 14… Qc7"),
    ],
}

REMARKS = [
    "Any news from the {place}?",
    "I was at the {place} just now, all quiet.",
    "{who} says the {thing} will be ready by {day}.",
    "Has anybody seen the {thing}? It was at the {place} on {day}.",
    "Found the {thing}. It was where it always is.",
    "Could someone take the {thing} to the {place} on {day}? I have the wheelbarrow.",
    "{day} suits me.",
    "Not {day}, please, {who} is away.",
    "Thanks!",
    "Good idea.",
    "I would rather wait until {day}, the {place} is full of scaffolding and the {thing} does not like dust.",
    "The {thing} again? We had this in spring, and in the spring before.",
    "👍",
    "On my way.",
    "{who}, the key to the {place} hangs on the second hook, not the first. The first is for the {thing}.",
    "Tide permitting.",
]
PLACES = ["quay", "crane", "boathouse", "chandlery", "east mole", "fish hall", "lock", "weighbridge", "net loft"]
THINGS = ["ladder", "spare rope", "tide table", "ledger", "foghorn", "lantern", "pump", "blue tarpaulin", "logbook"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
