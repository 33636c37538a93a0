// Pack writes a file of 16-bit numbers as the program holds it: the bytes at even places, then those at odd
// ones, by gzip. Halves of numbers are like each other, so that it finds more to save than in whole ones.
//
//	go run ./classifier/model/pack slugnet.onnx slugnet.gz
package main

import (
	"bytes"
	"compress/gzip"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: pack FILE PACKED")
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func pack(from, to string) error {
	file, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	for plane := range 2 {
		var half []byte
		for i := plane; i < len(file); i += 2 {
			half = append(half, file[i])
		}
		if _, err := z.Write(half); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
