package demo_test

import (
	"strings"
	"testing"

	"slugpuppy/bot/demo"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/dream"
)

func TestARoundOnX(t *testing.T) {
	s := xtest.New(xtest.Options{})
	s.Start()
	t.Cleanup(s.Close)
	robot, visitor := s.AddUser("dreambot", xtest.UserOptions{}), s.AddUser("visitor", xtest.UserOptions{})
	d := demo.New(demo.OnX(s, visitor, "dreambot"), "dreambot", &watcher{at: map[string]dream.Progress{}}, demo.Program{})
	id, err := d.Mention(t.Context(), nil, "", "eyes")
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Round(t.Context(), id)
	if err != nil || r.Reply != nil || r.Picture == nil || r.Picture.Alt == "" || !strings.HasPrefix(r.Picture.Src, s.URL+"/media/") || r.Text != "@dreambot eyes" {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := robot.Post(xtest.PostOptions{Text: "@visitor a dream", InReplyTo: id, Media: []xtest.Picture{{Data: landscape(t), Alt: "eyes"}}}); err != nil {
		t.Fatal(err)
	}
	reply, err := d.Await(t.Context(), id)
	if err != nil || reply.Text != "@visitor a dream" || len(reply.Pictures) != 1 || reply.Pictures[0].Alt != "eyes" {
		t.Errorf("%+v, %v", reply, err)
	}
	if _, err := d.Round(t.Context(), "1"); err == nil {
		t.Error("a mention that is not there is found")
	}
}
