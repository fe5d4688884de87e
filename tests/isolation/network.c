#include "tests/isolation/try.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static enum answer reach(const char *address, int port, int type)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval wait = {.tv_sec = 2};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	char bytes[64] = "";
	ssize_t n;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return UNKNOWN;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		/* on its way for two seconds: it left this machine */
		return errno == EINPROGRESS || errno == EAGAIN ? THROUGH : REFUSED;
	if (send(fd, "hello", 5, MSG_NOSIGNAL) != 5)
		return REFUSED;
	n = recv(fd, bytes, sizeof(bytes), 0);
	return n > 0 && marked(bytes, (size_t)n) ? THROUGH : REFUSED;
}

static enum answer tcp_loopback(const char *port)
{
	return reach("127.0.0.1", atoi(port), SOCK_STREAM);
}

static enum answer tcp_own(const char *port)
{
	return reach(target("own"), atoi(port), SOCK_STREAM);
}

static enum answer metadata(const char *arg)
{
	(void)arg;
	return reach("169.254.169.254", 80, SOCK_STREAM);
}

static enum answer udp(const char *port)
{
	return reach("127.0.0.1", atoi(port), SOCK_DGRAM) == THROUGH
	               ? THROUGH
	               : reach(target("own"), atoi(port), SOCK_DGRAM);
}

static enum answer unix_socket(const char *name, bool abstract)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = strlen(name);

	if (n + 1 >= sizeof(to.sun_path) || n == 0)
		return UNKNOWN;
	memcpy(to.sun_path + abstract, name, n);
	n += offsetof(struct sockaddr_un, sun_path) + 1;
	return opened(connect(fd, (struct sockaddr *)&to, (socklen_t)n));
}

static enum answer abstract_socket(const char *name)
{
	return unix_socket(name, true);
}

static enum answer path_socket(const char *path)
{
	return unix_socket(path, false);
}

static enum answer real_sockets(const char *arg)
{
	static const char *const paths[] = {
		"/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock",
		"/run/containerd/containerd.sock", "/run/dbus/system_bus_socket"};

	(void)arg;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (path_socket(paths[i]) == THROUGH)
			return THROUGH;
	return REFUSED;
}

static enum answer vsock(const char *arg)
{
	(void)arg;
	return opened(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static enum answer packet(const char *arg)
{
	(void)arg;
	return opened(socket(AF_PACKET, SOCK_RAW, 0));
}

static enum answer alg(const char *arg)
{
	(void)arg;
	return opened(socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static enum answer raw(const char *arg)
{
	(void)arg;
	if (opened(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) == THROUGH)
		return THROUGH;
	return opened(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
}

static enum answer proxies(const char *arg)
{
	static const char *const names[] = {"http_proxy",
	                                    "https_proxy",
	                                    "HTTP_PROXY",
	                                    "HTTPS_PROXY",
	                                    "ALL_PROXY",
	                                    "SSH_AUTH_SOCK",
	                                    "DBUS_SESSION_BUS_ADDRESS",
	                                    "DOCKER_HOST"};

	(void)arg;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (getenv(names[i]))
			return THROUGH;
	return REFUSED;
}

const struct attempt network[] = {
	{"N01", tcp_loopback, "tcp", true},
	{"N02", tcp_own, "tcp", true},
	{"N03", metadata, "", false},
	{"N04", udp, "udp", true},
	{"N05", abstract_socket, "abstract", true},
	{"N06", path_socket, "docker", true},
	{"N07", path_socket, "agent", true},
	{"N08", path_socket, "bus", true},
	{"N09", vsock, "", false},
	{"N10", packet, "", false},
	{"N11", alg, "", false},
	{"N12", raw, "", false},
	{"N13", real_sockets, "", false},
	{"N14", proxies, "", false},
	{NULL, NULL, NULL, false},
};
