// Command kubectl reads manifests as kubectl does and tells what it read: a JSON line with a stream of documents in
// base64 on standard input, a JSON line with the value of each document on standard output.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	"k8s.io/apimachinery/pkg/util/yaml"
)

type request struct {
	Stream []byte `json:"stream"`
}

type answer struct {
	// Compact JSON, in order; "null" for a document without content.
	Values []json.RawMessage `json:"values"`
	// Why the stream cannot be read any further.
	Error string `json:"error,omitempty"`
}

func main() {
	requests := bufio.NewReaderSize(os.Stdin, 1<<20)
	answers := json.NewEncoder(os.Stdout)
	answers.SetEscapeHTML(false)
	for {
		line, err := requests.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return
		}
		var asked request
		if problem := json.Unmarshal(line, &asked); problem != nil {
			log.Fatal(problem)
		}
		if problem := answers.Encode(read(asked.Stream)); problem != nil {
			log.Fatal(problem)
		}
	}
}

// As k8s.io/cli-runtime's StreamVisitor reads what kubectl is given.
func read(stream []byte) answer {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096)
	values := []json.RawMessage{}
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return answer{Values: values}
		}
		if err != nil {
			return answer{Values: values, Error: err.Error()}
		}
		var compact bytes.Buffer
		if len(value) == 0 {
			value = json.RawMessage("null")
		}
		if err := json.Compact(&compact, value); err != nil {
			return answer{Values: values, Error: err.Error()}
		}
		values = append(values, compact.Bytes())
	}
}
