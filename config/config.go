// Package config reads the options of slugpuppy from one TOML file and the environment.
// Every option is a field of Config with its help and range beside it; the example file, the
// table of docs/configuration.md and the names of the environment variables are made from that. It knows
// nothing of what the options do.
package config

import "time"

// Config is every option. Load fills it; the zero value is not useful, see Default.
//
// Tags: toml is the key, doc its help, min and max its range, choice the values it may have, address
// an address like it, beside the name of a file beside the database for when it is empty.
// The environment variable of section.key is SLUGPUPPY_SECTION_KEY.
type Config struct {
	Bot     Bot     `toml:"bot" doc:"what people may ask for, and when"`
	Filter  Filter  `toml:"filter" doc:"timelines that are kept free of dreams"`
	Web     Web     `toml:"web" doc:"the page where people sign in and look after their filter"`
	Dream   Dream   `toml:"dream" doc:"how pictures are made"`
	Model   Model   `toml:"model" doc:"networks other than the built-in one"`
	Cluster Cluster `toml:"cluster" doc:"other machines that dream and look at pictures for this one"`
	Picture Picture `toml:"picture" doc:"limits on picture files that come in"`
	Store   Store   `toml:"store" doc:"where state is kept"`
	Admin   Admin   `toml:"admin" doc:"how commands reach the running daemon"`
	Log     Log     `toml:"log" doc:"what is written to standard error"`

	Networks []Section

	file    string
	sources map[string]source
}

// Section is the options of a network, which its adapter declares.
type Section struct {
	Name, Doc string
	Options   any // a pointer to a struct with fields as those of Config's sections
}

// Bot bounds what people may ask for. A cap of 0 means none at all.
type Bot struct {
	Poll        Duration `toml:"poll" min:"5s" max:"1h" doc:"time between looks for mentions when the stream is silent"`
	StaleAfter  Duration `toml:"stale_after" min:"10m" max:"30d" doc:"older mentions are recorded as skipped instead of answered"`
	ConsentFor  Duration `toml:"consent_for" min:"10m" max:"30d" doc:"how long the author of somebody else's picture may take to say yes"`
	JobTime     Duration `toml:"job_time" min:"30s" max:"6h" doc:"longest a single picture or clip may take"`
	PerUserHour int      `toml:"per_user_hour" min:"0" max:"10000" doc:"requests of one person in an hour; 0 for no cap"`
	PerThread   int      `toml:"per_thread" min:"0" max:"10000" doc:"replies in one thread in a day; 0 for no cap"`
	PerPair     int      `toml:"per_pair" min:"0" max:"10000" doc:"replies to one person in one thread in an hour; 0 for no cap"`
	Queue       int      `toml:"queue" min:"0" max:"1000000" doc:"requests that may wait; 0 for no cap"`
	Hashtag     bool     `toml:"hashtag" doc:"end answers with a dream in #deepdream, so that people can filter by it"`
	QueueField  string   `toml:"queue_field" doc:"a field of the bot's profile that tells how many pictures wait, such as Queue; empty for none. Log in again after setting it"`
	Uploads     int      `toml:"uploads" min:"1" max:"10000" doc:"uploads in 30 minutes, as many as the server allows an account"`
	Keep        Duration `toml:"keep" min:"1d" max:"3650d" doc:"how long finished requests are remembered"`
}

// Dream bounds what making a picture may cost.
type Dream struct {
	Workers   int      `toml:"workers" min:"1" max:"64" doc:"pictures made at the same time; each may use the memory below"`
	Memory    ByteSize `toml:"memory" min:"256MiB" max:"1TiB" doc:"memory of the program while it makes one picture; when that is short, the picture is dreamed in smaller pieces"`
	Model     string   `toml:"model" doc:"network to dream with: the name of a pulled one, or an ONNX file; empty for the one chosen with slugpuppy model use, else the built-in one"`
	FFmpeg    string   `toml:"ffmpeg" doc:"ffmpeg binary for MP4 clips; empty to look for one, none for GIF only"`
	ClipSide  int      `toml:"clip_side" min:"64" max:"1920" doc:"longest side of clips in pixels"`
	ClipBytes ByteSize `toml:"clip_bytes" min:"256KiB" max:"1GiB" doc:"largest clip; frames are dropped and shrunk until it fits"`
}

// Filter looks after the home timelines of people who connected their account.
type Filter struct {
	Enabled bool     `toml:"enabled" doc:"look after the timelines of those who connected, and have the page, which is theirs"`
	Poll    Duration `toml:"poll" min:"5s" max:"1h" doc:"time between looks at a timeline when its stream is silent"`
	Check   Duration `toml:"check" min:"10s" max:"1d" doc:"time between looks whether people changed the filters with their own client"`
	Shadow  Duration `toml:"shadow" min:"0s" max:"90d" doc:"how long a new subscriber only gets reports"`
	Keep    Duration `toml:"keep" min:"1d" max:"3650d" doc:"how long posts that were hidden once are remembered"`
	Share   bool     `toml:"share" doc:"what two subscribers call no dream is hidden from nobody"`
}

// Web is the page people use with a browser. It wants a proxy with TLS in front of it.
type Web struct {
	Listen      string `toml:"listen" listens:"yes" doc:"address to listen on, such as 127.0.0.1:8080; empty for no page"`
	URL         string `toml:"url" doc:"where browsers find the page, such as https://dreams.example.social"`
	Admins      string `toml:"admins" doc:"accounts that may see the operator's page, such as @me@example.social @you@example.social"`
	Try         int    `toml:"try" min:"0" max:"1000" doc:"pictures a stranger may try in an hour; 0 for none"`
	Proxies     int    `toml:"proxies" min:"0" max:"9" doc:"trusted proxies in front, each of which adds whom it saw to a header"`
	ProxyHeader string `toml:"proxy_header" choice:"X-Forwarded-For,Forwarded" doc:"the header that the proxies add to"`
}

// Model is where networks are kept.
type Model struct {
	Dir string `toml:"dir" beside:"networks" doc:"folder of pulled networks; empty for networks beside the database"`
}

// Picture bounds files before they are decoded.
type Picture struct {
	MaxBytes  ByteSize `toml:"max_bytes" min:"64KiB" max:"1GiB" doc:"largest file"`
	MaxPixels int64    `toml:"max_pixels" min:"10000" max:"400000000" doc:"most pixels, width times height"`
	MaxSide   int      `toml:"max_side" min:"100" max:"65535" doc:"longest side in pixels"`
	MaxFrames int      `toml:"max_frames" min:"1" max:"10000" doc:"most frames of an animation"`
	Memory    ByteSize `toml:"memory" min:"16MiB" max:"1TiB" doc:"memory all pictures being decoded may use together"`
	Strict    bool     `toml:"strict" doc:"refuse strangers' pictures when no process of their own can be started to decode them, instead of decoding them in the daemon"`
}

// Store is where state is kept.
type Store struct {
	Path    string   `toml:"path" doc:"database file; empty for slugpuppy.db in the service's state folder, else in ~/.local/state/slugpuppy"`
	KeyFile string   `toml:"key_file" beside:"slugpuppy.key" doc:"key that encrypts tokens in the database, made when missing; empty for slugpuppy.key beside the database"`
	MaxSize ByteSize `toml:"max_size" min:"0" max:"1TiB" doc:"largest database; 0 for no limit"`
}

// Admin is the socket that commands talk to.
type Admin struct {
	Socket  string `toml:"socket" beside:"slugpuppy.sock" doc:"unix socket of the daemon; empty for slugpuppy.sock beside the database"`
	Metrics string `toml:"metrics" listens:"yes" doc:"address for /metrics (Prometheus), /healthz and /readyz, such as 127.0.0.1:9190; empty for none"`
}

// Log is what operators read.
type Log struct {
	Level  string `toml:"level" choice:"debug,info,warn,error" doc:"least important thing that is logged"`
	Format string `toml:"format" choice:"text,json" doc:"one line of text or one JSON object a record"`
}

// Default returns every option as it is when nothing is configured; the networks' sections have their
// defaults already.
func Default(networks ...Section) *Config {
	return &Config{
		Networks: networks,
		Bot: Bot{
			Poll: Duration(30 * time.Second), StaleAfter: Duration(24 * time.Hour),
			ConsentFor: Duration(24 * time.Hour), JobTime: Duration(15 * time.Minute),
			PerUserHour: 12, PerThread: 20, PerPair: 6, Queue: 500,
			Uploads: 30, Keep: Duration(90 * day),
		},
		Filter: Filter{
			Enabled: true, Poll: Duration(time.Minute), Check: Duration(5 * time.Minute),
			Shadow: Duration(7 * day), Keep: Duration(90 * day),
		},
		Web:   Web{Try: 6, ProxyHeader: "X-Forwarded-For"},
		Dream: Dream{Workers: 1, Memory: 512 * MiB, ClipSide: 400, ClipBytes: 8 * MiB},
		Picture: Picture{
			MaxBytes: 16 * MiB, MaxPixels: 33_200_000, MaxSide: 12_000, MaxFrames: 100, Memory: 400 * MiB,
		},
		Cluster: Cluster{Fallback: true, Orders: 4, Queue: 1000},
		Store:   Store{MaxSize: 0},
		Log:     Log{Level: "info", Format: "text"},
	}
}

// File is the file the options were read from, "" when there was none.
func (c *Config) File() string { return c.file }
