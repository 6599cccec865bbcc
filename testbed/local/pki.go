package local

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// authority signs the certificates of one trust domain.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	pem         []byte
}

// keyPair is a certificate and its key, both in PEM.
type keyPair struct{ certificate, key []byte }

// pki holds what the components trust and are known by. Files of the same
// content lie in dir, as the components read files.
type pki struct {
	dir            string
	cluster, front *authority
	clients        map[string]keyPair // by component
}

const validity = 365 * 24 * time.Hour

// newPKI makes all keys and certificates and writes them to dir.
func newPKI(dir string) (*pki, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	p := &pki{dir: dir, clients: map[string]keyPair{}}
	var err error
	if p.cluster, err = p.authority("ca", "testbed"); err != nil {
		return nil, err
	}
	if p.front, err = p.authority("front-proxy-ca", "testbed-front-proxy"); err != nil {
		return nil, err
	}
	servers := map[string][]string{
		"apiserver":      {"kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1"},
		"kubelet":        nil,
		"metrics-server": {"metrics-server.kube-system.svc"},
	}
	for name, alternatives := range servers {
		subject := pkix.Name{CommonName: name}
		if _, err := p.issue(p.cluster, name, subject, append(alternatives, "localhost", "127.0.0.1")); err != nil {
			return nil, err
		}
	}
	clients := map[string]pkix.Name{
		"admin":              {CommonName: "admin", Organization: []string{"system:masters"}},
		"controller-manager": {CommonName: "system:kube-controller-manager"},
		"scheduler":          {CommonName: "system:kube-scheduler"},
		// metrics-server's own RBAC manifest names this service account.
		"metrics-client": {CommonName: "system:serviceaccount:kube-system:metrics-server",
			Organization: []string{"system:serviceaccounts", "system:serviceaccounts:kube-system"}},
	}
	for name, subject := range clients {
		if p.clients[name], err = p.issue(p.cluster, name, subject, nil); err != nil {
			return nil, err
		}
	}
	if _, err := p.issue(p.front, "front-proxy", pkix.Name{CommonName: "front-proxy-client"}, nil); err != nil {
		return nil, err
	}
	return p, p.serviceAccountKey()
}

func (p *pki) file(name string) string { return filepath.Join(p.dir, name) }

func (p *pki) authority(name, commonName string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate(pkix.Name{CommonName: commonName})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	a := &authority{certificate: parsed, key: key, pem: encode("CERTIFICATE", der)}
	return a, os.WriteFile(p.file(name+".crt"), a.pem, 0o600)
}

// issue signs a certificate: for a server where there are alternatives (DNS
// names and addresses), else for a client.
func (p *pki) issue(by *authority, name string, subject pkix.Name, alternatives []string) (keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, err
	}
	template := certificate(subject)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(alternatives) > 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	for _, a := range alternatives {
		if ip := net.ParseIP(a); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, a)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		return keyPair{}, fmt.Errorf("sign certificate %s: %w", name, err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return keyPair{}, err
	}
	pair := keyPair{certificate: encode("CERTIFICATE", der), key: encode("EC PRIVATE KEY", keyDER)}
	if err := os.WriteFile(p.file(name+".crt"), pair.certificate, 0o600); err != nil {
		return keyPair{}, err
	}
	return pair, os.WriteFile(p.file(name+".key"), pair.key, 0o600)
}

// serviceAccountKey makes the key that signs service accounts' tokens.
func (p *pki) serviceAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.file("sa.key"), encode("EC PRIVATE KEY", private), 0o600); err != nil {
		return err
	}
	return os.WriteFile(p.file("sa.pub"), encode("PUBLIC KEY", public), 0o600)
}

func certificate(subject pkix.Name) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // crypto/rand.Reader never fails
	now := time.Now()
	return &x509.Certificate{SerialNumber: serial, Subject: subject, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity)}
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// writeKubeconfig writes a kubeconfig that carries all it needs inside.
func writeKubeconfig(file, server string, ca []byte, user string, auth clientcmdapi.AuthInfo, namespace string) error {
	c := clientcmdapi.NewConfig()
	c.Clusters["testbed"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	c.AuthInfos[user] = &auth
	c.Contexts["testbed"] = &clientcmdapi.Context{Cluster: "testbed", AuthInfo: user, Namespace: namespace}
	c.CurrentContext = "testbed"
	return clientcmd.WriteToFile(*c, file)
}
