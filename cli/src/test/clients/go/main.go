// Subscribes to a stream with the client that the first argument names, at the URL of the second; writes each event as ID<TAB>DATA.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/r3labs/sse/v2"
)

func event(id, data string) {
	os.Stdout.WriteString(id + "\t" + data + "\n")
}

func state(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}

// It reconnects by itself, with the last id that it saw.
func r3labs(url string) {
	client := sse.NewClient(url)
	client.ReconnectNotify = func(err error, wait time.Duration) { state("error: %v", err) }
	err := client.SubscribeRawWithContext(context.Background(), func(message *sse.Event) {
		event(string(message.ID), string(message.Data))
	})
	state("gave up: %v", err)
}

// The default client, which asks for gzip and decodes it unseen; it knows nothing of events, so the loop is the application's.
func standard(url string) {
	last := ""
	for {
		err := read(url, &last)
		state("again: %v", err)
		time.Sleep(time.Second)
	}
}

func read(url string, last *string) error {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if *last != "" {
		request.Header.Set("Last-Event-ID", *last)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	id, data := *last, ""
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "id: ") {
			id = line[4:]
		} else if strings.HasPrefix(line, "data: ") {
			data = line[6:]
		} else if line == "" && data != "" {
			event(id, data)
			*last, data = id, ""
		}
	}
	return lines.Err()
}

func main() {
	switch os.Args[1] {
	case "r3labs-sse":
		r3labs(os.Args[2])
	case "net-http":
		standard(os.Args[2])
	case "coder-websocket":
		follow(coder)
	case "gorilla-websocket":
		follow(gorillaConnect)
	}
}
