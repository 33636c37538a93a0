package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"maps"
	"slices"
)

// encode writes the words in order, each as what it shares with the last and the rest of it; then what they
// are; then what they mean, as numbers of nodes from 1, the low bytes first, then the high ones; then the
// nodes: parents, breadths, offsets. lexicon.go reads it.
func (b *book) encode() ([]byte, error) {
	words := slices.Sorted(maps.Keys(b.entries))
	nodes := b.order()
	number := map[string]int{}
	for i, key := range nodes {
		number[key] = i + 1
	}
	out := binary.AppendUvarint(nil, uint64(len(words)))
	out = appendWords(out, words)
	for _, w := range words {
		out = append(out, b.entries[w].class)
	}
	for shift := 0; shift < 16; shift += 8 {
		for _, w := range words {
			out = append(out, byte(number[b.entries[w].meaning]>>shift))
		}
	}
	return pack(b.appendNodes(out, nodes, number))
}

// appendWords writes how many letters each word shares with the one before, then all their rests with a 0
// behind each: they pack better apart.
func appendWords(out []byte, words []string) []byte {
	var rests []byte
	before := ""
	for _, w := range words {
		shared := 0
		for shared < min(len(w), len(before)) && w[shared] == before[shared] {
			shared++
		}
		out = append(out, byte(shared))
		rests = append(append(rests, w[shared:]...), 0)
		before = w
	}
	return append(out, rests...)
}

// appendNodes writes the nodes: first how many have an offset, for those come first.
func (b *book) appendNodes(out []byte, nodes []string, number map[string]int) []byte {
	out = binary.AppendUvarint(out, uint64(len(nodes)))
	for _, key := range nodes {
		out = append(out, byte(len(b.nodes[key].parents)))
	}
	for _, key := range nodes {
		for _, p := range b.nodes[key].parents {
			out = binary.AppendUvarint(out, uint64(number[p]-1))
		}
	}
	for _, key := range nodes {
		out = binary.AppendUvarint(out, uint64(b.nodes[key].breadth))
	}
	last := 0
	for _, key := range nodes {
		n := b.nodes[key]
		if n.offset == 0 {
			break
		}
		out = binary.AppendUvarint(out, uint64(n.offset-last)) // never 0, which ends them
		last = n.offset
	}
	return append(out, 0)
}

func pack(data []byte) ([]byte, error) {
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
