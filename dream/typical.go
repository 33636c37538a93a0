package dream

import "slugpuppy/dream/lexicon"

// drawnWell are labels that show what they are: each kind of thing is raised by some of them, and they
// are the examples that people are given. A row has one kind of thing, the best first.
var drawnWell = []lexicon.Synset{
	// dogs: Chihuahua, golden retriever, beagle, pug, Siberian husky, German shepherd, Border collie, ...
	2085620, 2099601, 2088364, 2110958, 2110185, 2106662, 2106166, 2094433, 2099712, 2113799, 2112018, 2111889,
	// tabby, Persian, Egyptian and Siamese cat, lion, tiger, cougar, brown bear, African elephant, koala, ...
	2123045, 2123394, 2124075, 2123597, 2129165, 2129604, 2125311, 2132136, 2504458, 1882714, 2391049, 2481823, 2480495, 2423022, 2403003,
	2410509, 2415577, 2395406, 2364673, 2457408,
	// birds: goose, king penguin, toucan, robin, house finch, albatross, black stork, flamingo, macaw, ...
	1855672, 2056570, 1843383, 1558993, 1532829, 2058221, 2002724, 2007558, 1818515, 1614925, 1806143, 1622779,
	// goldfish, tench, rock beauty, great white shark, bullfrog, tailed frog, salamander, alligator, ...
	1443537, 1440764, 2606052, 1484850, 1641577, 1644900, 1629819, 1698640, 1742172, 1749939, 1704323, 1664065,
	// monarch, ladybug, bee, dragonfly, black widow, tarantula, snail, slug, lobsters, jellyfish, ...
	2279972, 2281406, 2165456, 2206856, 2268443, 2226429, 2236044, 1774384, 1774750, 1770393, 1784675, 1944390, 1945685, 1950731, 1983481,
	1984695, 1981276, 1910747, 2317335, 1917289, 1768244,
	// food: banana, orange, lemon, pomegranate, strawberry, pineapple, pizza, ice cream, pretzel, ...
	7753592, 7747607, 7749582, 7768694, 7745940, 7753275, 7873807, 7614500, 7695742, 7697537, 7697313, 7720875, 7715103, 7734744, 12267677,
	7579787, 7583066, 7920052,
	// vehicles: sports car, school bus, convertible, beach wagon, limousine, police van, tractor, ...
	4285008, 4146614, 3100240, 2814533, 3670208, 3977966, 4465501, 4487081, 2917067, 3662601, 3447447, 4612504, 2981792, 2690373, 3792782,
	// barn, church, dome, triumphal arch, obelisk, viaduct, bridges, lighthouse, castle, mosque, ...
	2793495, 3028079, 3220513, 4486054, 3837869, 4532670, 4366367, 4311004, 2814860, 2980441, 3788195, 3388043, 3930313,
	// cardigan, kimono, apron, poncho, fur coat, uniform, miniskirt, sandal, sombrero, bow tie, ...
	2963159, 3617480, 2730930, 3980874, 3404251, 3763968, 3770439, 4133789, 4259630, 2883205, 4356056, 2769748, 4507155,
	// electric guitar, oboe, French horn, piano, organ, drumstick, violin, balls, dumbbell, teddy
	3272010, 3838899, 3394916, 4515003, 3854065, 3250847, 4536866, 2802426, 4540053, 4118538, 3445777, 3255030, 4399382,
	// teapot, frying pan, wooden spoon, wok, vase, barrel, bucket, candle, torch, hourglass, furniture, ...
	4398044, 3400231, 4597913, 4596742, 4522168, 2795169, 2909870, 2948072, 4456115, 3544143, 4328186, 4099969, 3179701, 3201208, 4070727,
	4179913, 3649909, 3085013, 3642806, 3584254,
}
