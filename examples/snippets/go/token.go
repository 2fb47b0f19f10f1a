// Prints a token for a user: go run token.go ann. The key is in the file CARILLON_JWT_KEY_FILE, or in CARILLON_JWT_KEY.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fail("usage: token USER")
	}
	key := []byte(os.Getenv("CARILLON_JWT_KEY"))
	if file := os.Getenv("CARILLON_JWT_KEY_FILE"); file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			fail(err)
		}
		key = bytes.TrimRight(content, "\r\n") // the line break at the end is no part of the key
	}
	if len(key) < 32 {
		fail("set CARILLON_JWT_KEY_FILE or CARILLON_JWT_KEY: a key of at least 32 bytes")
	}

	now := time.Now().Unix()
	text := encoded(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + encoded(map[string]any{
		"sub":      os.Args[1],
		"iat":      now,
		"exp":      now + 3600,
		"carillon": map[string]any{"broadcast": []string{"topic:orders"}, "read": []string{"topic:orders"}},
	})
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	fmt.Println(text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

func encoded(part map[string]any) string {
	content, err := json.Marshal(part)
	if err != nil {
		fail(err)
	}
	return base64.RawURLEncoding.EncodeToString(content)
}

func fail(message any) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
