package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"slugpuppy/dream"
)

// readable are the endings of files that can hold pictures which are read; what is in them decides what they are.
var readable = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// writable is what each ending of a picture's name asks for. A name without one gets what loses nothing.
var writable = map[string]string{".png": dream.PNG, "": dream.PNG, ".jpg": dream.JPEG, ".jpeg": dream.JPEG, ".webp": dream.WebP}

// ending is a file name's, in lower case.
func ending(name string) string { return strings.ToLower(filepath.Ext(name)) }

// holdsPicture says whether a file's name is one of a picture.
func holdsPicture(name string) bool { return slices.Contains(readable, ending(name)) }
