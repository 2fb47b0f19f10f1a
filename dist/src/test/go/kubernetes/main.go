// Reads Kubernetes manifests into the types of the Kubernetes API. A field that a type does not have, or of another type, is an error.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

var types = map[string]func() any{
	"apps/v1 Deployment":                 func() any { return new(appsv1.Deployment) },
	"v1 ConfigMap":                       func() any { return new(corev1.ConfigMap) },
	"v1 Service":                         func() any { return new(corev1.Service) },
	"policy/v1 PodDisruptionBudget":      func() any { return new(policyv1.PodDisruptionBudget) },
	"networking.k8s.io/v1 NetworkPolicy": func() any { return new(networkingv1.NetworkPolicy) },
	"networking.k8s.io/v1 Ingress":       func() any { return new(networkingv1.Ingress) },
}

func main() {
	documents := utilyaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	count := 0
	for {
		document, err := documents.Read()
		if err == io.EOF {
			break
		}
		fail(err)
		var kind metav1.TypeMeta
		fail(yaml.Unmarshal(document, &kind))
		if kind.Kind == "" {
			continue
		}
		name := kind.APIVersion + " " + kind.Kind
		make, known := types[name]
		if !known {
			fail(fmt.Errorf("unknown kind %s", name))
		}
		if err := yaml.UnmarshalStrict(document, make()); err != nil {
			fail(fmt.Errorf("%s: %w", name, err))
		}
		count++
	}
	fmt.Println(count, "manifests")
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
