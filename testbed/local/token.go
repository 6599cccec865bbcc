package local

import (
	"context"
	"fmt"
	"os"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenSeconds is how long a token from Token is valid.
const tokenSeconds = 24 * 3600

// Token asks for a service account's token and writes a kubeconfig with it.
func (t *Testbed) Token(ctx context.Context, namespace, serviceAccount, file string) error {
	c, err := newClient(t.Kubeconfig)
	if err != nil {
		return err
	}
	seconds := int64(tokenSeconds)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	answer, err := c.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, serviceAccount, request, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("request a token for service account %s/%s: %w", namespace, serviceAccount, err)
	}
	ca, err := os.ReadFile(t.pki("ca.crt"))
	if err != nil {
		return err
	}
	auth := clientcmdapi.AuthInfo{Token: answer.Status.Token}
	return writeKubeconfig(file, t.APIServer, ca, serviceAccount, auth, namespace)
}
