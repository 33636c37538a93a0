package apptest

import (
	"flag"
	"strconv"
)

// ManyBeside lets so many parallel tests of a package run beside each other, unless the command line says how many: there would be
// one for each processor, and tests of servers, processes and disks spend most of their time waiting for these. It is for TestMain,
// where the command line is known to be a test's.
func ManyBeside(n int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		flag.Set("test.parallel", strconv.Itoa(n)) // a known flag takes any number
	}
}
