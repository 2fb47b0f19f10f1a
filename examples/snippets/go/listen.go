// Prints the events of a topic, one after the other: go run listen.go orders. The token, if one is needed, is in CARILLON_TOKEN.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

var (
	silence  = 45 * time.Second // a node sends a comment line every 15 s
	lastID   string
	retry    time.Duration
	failures int
	client   = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
)

func main() {
	if len(os.Args) != 2 {
		fail("usage: listen TOPIC")
	}
	base := os.Getenv("CARILLON_URL")
	if base == "" {
		base = "http://127.0.0.1:8080"
	}
	if seconds, err := strconv.ParseFloat(os.Getenv("HEARTBEAT"), 64); err == nil {
		silence = time.Duration(3 * seconds * float64(time.Second))
	}
	address := strings.TrimSuffix(base, "/") + "/events?topic=" + url.QueryEscape(os.Args[1])
	for {
		reason, retryAfter := open(address)
		backOff := time.Duration((0.5 + rand.Float64()/2) * min(30, 0.5*float64(int(1)<<failures)) * float64(time.Second))
		delay := max(retry, retryAfter, backOff)
		failures = min(failures+1, 10)
		fmt.Fprintf(os.Stderr, "%v; again in %.1f s\n", reason, delay.Seconds())
		time.Sleep(delay)
	}
}

// Opens a stream and reads it to its end. Returns the reason of the end, and the answer's Retry-After.
func open(address string) (reason any, retryAfter time.Duration) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	silent := time.AfterFunc(silence, func() { cancel(fmt.Errorf("no byte for %v", silence)) })
	defer silent.Stop()
	request, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		fail(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	if token := os.Getenv("CARILLON_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := client.Do(request)
	if err == nil && response.StatusCode == 200 {
		err = read(response.Body, silent)
		response.Body.Close()
	} else if err == nil {
		content, _ := io.ReadAll(response.Body)
		response.Body.Close()
		reason := fmt.Sprintf("%d %s", response.StatusCode, content)
		if response.StatusCode < 500 && response.StatusCode != 429 {
			fail("refused: " + reason)
		}
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return reason, time.Duration(seconds) * time.Second
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause, 0
	}
	return err, 0
}

// Reads events until the stream ends; an event counts when its blank line has arrived.
func read(body io.Reader, silent *time.Timer) error {
	kind, data, id := "", []string{}, lastID
	lines := bufio.NewReader(body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		silent.Reset(silence)
		line = strings.TrimRight(line, "\r\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			kind = value
		case "data":
			data = append(data, value)
		case "id":
			id = value
		case "retry":
			if millis, err := strconv.Atoi(value); err == nil {
				retry = time.Duration(millis) * time.Millisecond
			}
		case "":
			if line == "" { // not for a comment, which begins with a colon
				lastID = id
				if len(data) > 0 {
					onEvent(kind, strings.Join(data, "\n"))
				}
				kind, data = "", nil
			}
		}
	}
}

func onEvent(kind, data string) {
	switch {
	case kind == "carillon.open":
		failures = 0
	case kind == "carillon.gap":
		fmt.Fprintln(os.Stderr, "events are missing, load the state again:", data)
	case kind == "":
		fmt.Println("message", data)
	case !strings.HasPrefix(kind, "carillon."):
		fmt.Println(kind, data)
	}
}

func fail(message any) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
