package web

import (
	"crypto/sha256"
	"errors"
	"image"
	"net/http"
	"strconv"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/words"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// thumbSide is the longer side of a thumbnail, in pixels.
const thumbSide = 320

// quality of pictures on the page, as JPEG.
const quality = 80

// preview fetches a picture's file of a post that the person's own filter judged.
func (s *Site) preview(v *visit) ([]byte, error) {
	row, err := s.own(v).Timeline().Judged(v.r.PathValue("post"))
	if errors.Is(err, store.ErrNoPost) {
		return nil, refuse(http.StatusNotFound, words.NoSuchPicture)
	}
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(v.r.PathValue("n"))
	if err != nil || n < 0 || n >= len(row.Previews) {
		return nil, refuse(http.StatusNotFound, words.NoSuchPicture)
	}
	data, err := s.Fetch(v.ctx(), *v.sub, row.Previews[n])
	switch {
	case network.MayPass(err):
		return nil, refuse(http.StatusBadGateway, words.PictureAway)
	case err != nil:
		return nil, refuse(http.StatusBadGateway, words.PictureGone)
	}
	return data, nil
}

// decode opens a picture, or says why it cannot be opened.
func (s *Site) decode(v *visit, data []byte) (image.Image, error) {
	img, err := s.Studio.Decode(v.ctx(), data)
	var p *picture.Problem
	switch {
	case errors.As(err, &p):
		return nil, refuse(http.StatusUnprocessableEntity, words.Picture(p))
	case err != nil:
		s.Log.Warn("a picture on the page was not decoded", "error", err)
		return nil, refuse(http.StatusServiceUnavailable, words.NotOpened)
	}
	return img, nil
}

// thumb passes on a small copy, so that the artist's server never learns who looks.
func (s *Site) thumb(v *visit) error {
	data, err := s.preview(v)
	if err != nil {
		return err
	}
	img, err := s.decode(v, data)
	if err != nil {
		return err
	}
	return v.picture(small(img))
}

// heat shows where the picture looks dreamed. Maps are kept by the file they are of, which the person's
// own server has just given them.
func (s *Site) heat(v *visit) error {
	data, err := s.preview(v)
	if err != nil {
		return err
	}
	name := sha256.Sum256(data)
	if known := s.heats.get(name); known != nil {
		return v.jpeg(known)
	}
	if !s.limits.allow(v.sub.Identity.String(), everyHeat) {
		return refuse(http.StatusTooManyRequests, words.WaitAMoment)
	}
	img, err := s.decode(v, data)
	if err != nil {
		return err
	}
	warm, err := s.Studio.Heatmap(v.ctx(), img)
	if err != nil {
		return err
	}
	made, err := picture.EncodeJPEG(small(warm), quality, "")
	if err != nil {
		return err
	}
	s.heats.put(name, made)
	return v.jpeg(made)
}

func small(img image.Image) image.Image { return picture.Thumbnail(img, thumbSide) }

func (v *visit) picture(img image.Image) error {
	data, err := picture.EncodeJPEG(img, quality, "")
	if err != nil {
		return err
	}
	return v.jpeg(data)
}

func (v *visit) jpeg(data []byte) error {
	v.w.Header().Set("Content-Type", "image/jpeg")
	v.w.Header().Set("Cache-Control", "private, max-age=3600")
	_, _ = v.w.Write(data) // the browser is gone: nobody to tell
	return nil
}
