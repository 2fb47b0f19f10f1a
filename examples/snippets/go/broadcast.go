// Broadcasts an event: go run broadcast.go topic:orders order '{"id":7}'. The token is in CARILLON_TOKEN.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const attempts = 8

var client = http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func main() {
	if len(os.Args) != 4 {
		fail("usage: broadcast SCOPE TYPE DATA")
	}
	body, _ := json.Marshal(map[string]string{"scope": os.Args[1], "type": os.Args[2], "data": os.Args[3]})
	key := make([]byte, 16)
	if _, err := rand.Read(key); err != nil {
		fail(err)
	}
	for attempt := 0; ; attempt++ {
		status, answer, retryAfter := send(body, fmt.Sprintf("%x", key))
		if status == 200 {
			fmt.Println(answer)
			return
		}
		again := status == 0 || status == 429 || (status >= 502 && status <= 504)
		if !again || attempt == attempts-1 {
			fail(fmt.Sprintf("not broadcast: %d %s", status, answer))
		}
		backOff := (0.5 + mathrand.Float64()/2) * min(10, 0.25*float64(int(1)<<attempt))
		time.Sleep(max(retryAfter, time.Duration(backOff*float64(time.Second))))
	}
}

// Sends once. The key is the same in every attempt: the event is delivered once. The status is 0 if there was no answer.
func send(body []byte, key string) (status int, answer string, retryAfter time.Duration) {
	url := os.Getenv("CARILLON_URL")
	if url == "" {
		url = "http://127.0.0.1:8080"
	}
	request, err := http.NewRequest("POST", strings.TrimSuffix(url, "/")+"/broadcast", bytes.NewReader(body))
	if err != nil {
		fail(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("CARILLON_TOKEN"))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	response, err := client.Do(request)
	if err != nil {
		return 0, "no answer: " + err.Error(), 0
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, "no answer: " + err.Error(), 0
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return response.StatusCode, string(content), time.Duration(seconds) * time.Second
}

func fail(message any) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
