package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

var output sync.Mutex

func say(fields ...string) {
	output.Lock()
	defer output.Unlock()
	os.Stdout.WriteString(strings.Join(fields, "\t") + "\n")
}

func closed(code int, reason string) {
	say("closed", strconv.Itoa(code), reason)
}

// What a WebSocket can be told to do.
type socket interface {
	send(text string) error
	ping()
	close()
}

type connect func(url string, protocols []string, headers http.Header) (socket, error)

// Follows the commands on standard input; they are in ../nodejs/websocket.cjs.
func follow(open connect) {
	var current socket
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		var err error
		switch fields[0] {
		case "connect":
			headers := http.Header{}
			for _, header := range fields[3:] {
				name, value, _ := strings.Cut(header, ": ")
				headers.Set(name, value)
			}
			protocols := strings.FieldsFunc(fields[2], func(r rune) bool { return r == ',' })
			current, err = open(fields[1], protocols, headers)
		case "send":
			err = current.send(fields[1])
		case "ping":
			current.ping()
		case "close":
			current.close()
		}
		if err != nil {
			state("error: %v", err)
		}
	}
}

type coderSocket struct {
	conn    *websocket.Conn
	closing chan struct{}
}

func coder(url string, protocols []string, headers http.Header) (socket, error) {
	conn, response, err := websocket.Dial(context.Background(), url, &websocket.DialOptions{
		Subprotocols:    protocols,
		HTTPHeader:      headers,
		CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 21)
	say("open", conn.Subprotocol(), response.Header.Get("Sec-WebSocket-Extensions"))
	s := &coderSocket{conn, make(chan struct{})}
	go s.read()
	return s, nil
}

func (s *coderSocket) read() {
	for {
		_, text, err := s.conn.Read(context.Background())
		if err == nil {
			say("message", string(text))
			continue
		}
		state("end: %v", err)
		var end websocket.CloseError
		select {
		case <-s.closing:
		default:
			if errors.As(err, &end) {
				closed(int(end.Code), end.Reason)
			} else {
				closed(1006, "")
			}
		}
		return
	}
}

func (s *coderSocket) send(text string) error {
	return s.conn.Write(context.Background(), websocket.MessageText, []byte(text))
}

func (s *coderSocket) ping() {
	go func() {
		if err := s.conn.Ping(context.Background()); err == nil {
			say("pong")
		}
	}()
}

// Its Close waits for the answer, and says nothing if it is the same code.
func (s *coderSocket) close() {
	close(s.closing)
	if err := s.conn.Close(websocket.StatusNormalClosure, ""); err == nil {
		closed(1000, "")
	} else {
		state("close: %v", err)
	}
}

type gorillaSocket struct{ conn *gorilla.Conn }

func gorillaConnect(url string, protocols []string, headers http.Header) (socket, error) {
	dialer := gorilla.Dialer{Subprotocols: protocols, EnableCompression: true}
	conn, response, err := dialer.Dial(url, headers)
	if err != nil {
		return nil, err
	}
	say("open", conn.Subprotocol(), response.Header.Get("Sec-WebSocket-Extensions"))
	conn.SetPongHandler(func(string) error {
		say("pong")
		return nil
	})
	s := &gorillaSocket{conn}
	go s.read()
	return s, nil
}

func (s *gorillaSocket) read() {
	for {
		_, text, err := s.conn.ReadMessage()
		if err == nil {
			say("message", string(text))
			continue
		}
		state("end: %v", err)
		var end *gorilla.CloseError
		if errors.As(err, &end) {
			closed(end.Code, end.Text)
		} else {
			closed(1006, "")
		}
		return
	}
}

func (s *gorillaSocket) send(text string) error {
	return s.conn.WriteMessage(gorilla.TextMessage, []byte(text))
}

func (s *gorillaSocket) ping() {
	s.conn.WriteControl(gorilla.PingMessage, nil, time.Now().Add(time.Minute))
}

func (s *gorillaSocket) close() {
	s.conn.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(1000, ""), time.Now().Add(time.Minute))
}
