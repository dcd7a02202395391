/** Programs in Go, built once in a test's own directory. */
import { mkdirSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

const go = Bun.which("go")
/** What the standard library was built to, which takes longer than anything else. */
const cache = join(process.env.CORDON_TEST_CACHE ?? join(homedir(), ".cache/cordon-test"), "go")

/** Why there is none here, or undefined. */
export const noGo = go === null ? "Go is not installed" : undefined

/** @returns the program. @throws Error with what the compiler says */
export async function buildGo(directory: string, source: string): Promise<string> {
  mkdirSync(cache, { recursive: true })
  const [file, program] = [join(directory, "main.go"), join(directory, "go-program")]
  writeFileSync(file, source)
  const build = Bun.spawn([go ?? "", "build", "-o", program, file], {
    cwd: directory,
    // Nothing is fetched: the standard library is all there is.
    env: {
      PATH: process.env.PATH ?? "",
      HOME: directory,
      GOCACHE: cache,
      GOPROXY: "off",
      CGO_ENABLED: "0",
      GO111MODULE: "off",
    },
    stdio: ["ignore", "ignore", "pipe"],
  })
  const [complaints, code] = await Promise.all([new Response(build.stderr).text(), build.exited])
  if (code !== 0) throw new Error(`go build: ${complaints}`)
  return program
}

/**
 * What Go's own net/http does with a URL, a line each: both versions of HTTP, a body of no known length, a body that waits
 * for 100, trailers, many requests at once. Names lead to 127.0.0.1 where HERE says so; trust is left as Go has it.
 */
export const goHttpClient = `package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

var transport = &http.Transport{ForceAttemptHTTP2: true, ExpectContinueTimeout: 5 * time.Second}
var client = &http.Client{Transport: transport}

func send(method, path string, body io.Reader, more ...string) *http.Response {
	request, err := http.NewRequest(method, os.Args[1]+path, body)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	for _, name := range more {
		request.Header.Set(name, "100-continue")
	}
	response, err := client.Do(request)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	return response
}

func text(response *http.Response) string {
	defer response.Body.Close()
	bytes, err := io.ReadAll(response.Body)
	if err != nil {
		return "error " + err.Error()
	}
	return string(bytes)
}

func main() {
	if os.Getenv("HERE") != "" {
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(address)
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		}
	}
	if os.Getenv("HTTP1") != "" {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		transport.ForceAttemptHTTP2 = false
	}
	response := send("GET", "/echo?go", nil)
	fmt.Println(response.Proto, response.StatusCode, response.Header.Get("X-Echo"))
	text(response)
	if len(os.Args) > 2 {
		return
	}
	fmt.Println(text(send("POST", "/upload", io.MultiReader(strings.NewReader(strings.Repeat("x", 3000000))))))
	fmt.Println(text(send("POST", "/upload", strings.NewReader(strings.Repeat("x", 100000)), "Expect")))
	response = send("GET", "/trailers", nil)
	fmt.Println(text(response), response.Trailer.Get("Grpc-Status"))
	var group sync.WaitGroup
	var lock sync.Mutex
	good := 0
	for index := 0; index < 50; index++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if len(text(send("GET", "/download?bytes=200000", nil))) == 200000 {
				lock.Lock()
				good++
				lock.Unlock()
			}
		}()
	}
	group.Wait()
	fmt.Println(good)
	fmt.Println(text(send("GET", "/cut", nil)))
}
`
