package local

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
)

// podNetwork is where kwok's pods have their addresses; nothing listens there.
var podNetwork = netip.MustParsePrefix("10.128.0.0/9")

// ServeEgress is the way from the API server into the cluster network: an HTTP
// CONNECT proxy on a Unix socket, named in the API server's egress selector
// configuration. Simulated pods have addresses but no network, so a
// connection to a port of any pod ends at the real program which stands for
// it, as ports says (9090: Prometheus). Other addresses are dialled as they
// are. It serves until the context ends.
func ServeEgress(ctx context.Context, socket string, ports map[uint16]string) error {
	os.Remove(socket)
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		go connect(conn, ports)
	}
}

func connect(client net.Conn, ports map[uint16]string) {
	defer client.Close()
	r := bufio.NewReader(client)
	request, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	address := request.RequestURI
	if request.Method != http.MethodConnect {
		fmt.Fprint(client, "HTTP/1.1 405 Method Not Allowed\r\n\r\n")
		return
	}
	if a, err := netip.ParseAddrPort(address); err == nil && podNetwork.Contains(a.Addr()) {
		stand, ok := ports[a.Port()]
		if !ok {
			fmt.Fprintf(client, "HTTP/1.1 502 Nothing serves port %d of simulated pods\r\n\r\n", a.Port())
			return
		}
		address = stand
	}
	server, err := net.Dial("tcp", address)
	if err != nil {
		fmt.Fprintf(client, "HTTP/1.1 502 %s\r\n\r\n", http.StatusText(http.StatusBadGateway))
		return
	}
	defer server.Close()
	fmt.Fprint(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		io.Copy(server, r)
		server.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(client, server)
}
