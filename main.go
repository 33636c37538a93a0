// Slugpuppy dreams pictures on request and keeps other people's dreams out of a timeline.
package main

import (
	"os"

	"slugpuppy/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
