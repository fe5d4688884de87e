/* hold <run folder> <targets>: what is on the host to be attacked: listeners, sockets, shared
 * memory, a key, itself. Appends where they are to the file; ends with its standard input, and then
 * prints how often it was reached. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { TCP, UDP, ABSTRACT, DOCKER, AGENT, BUS, SOCKETS };

static char secret[64] = "planted-secret in memory";
static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static int port_socket(int type, int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, n) || getsockname(fd, (struct sockaddr *)&at, &n) ||
	    (type == SOCK_STREAM && listen(fd, 8)))
		return -1;
	*port = ntohs(at.sin_port);
	return fd;
}

static int name_socket(const char *folder, const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int skip = folder ? 0 : 1;
	int n = snprintf(at.sun_path + skip, sizeof(at.sun_path) - 1, "%s%s%s",
	                 folder ? folder : "", folder ? "/" : "", name);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);

	return bind(fd, (struct sockaddr *)&at, size) || listen(fd, 8) ? -1 : fd;
}

static int answer(int fd, int which)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	char bytes[64];
	int peer;

	if (which == UDP) {
		if (recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &n) >= 0)
			sendto(fd, secret, sizeof(secret), 0, (struct sockaddr *)&from, n);
		return 1;
	}
	peer = accept(fd, NULL, NULL);
	if (peer < 0)
		return 0;
	if (send(peer, secret, sizeof(secret), MSG_NOSIGNAL) < 0)
		perror("send");
	close(peer);
	return 1;
}

static int serve(struct pollfd *p)
{
	int hits = 0;

	while (poll(p, SOCKETS + 1, -1) > 0 || signals)
		for (int i = 0; i <= SOCKETS; i++) {
			if (i == SOCKETS && p[i].revents)
				return hits;
			if (p[i].revents)
				hits += answer(p[i].fd, i);
			p[i].revents = 0;
		}
	return hits;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"docker.sock", "agent.sock", "bus.sock"};
	struct pollfd p[SOCKETS + 1] = {{0}};
	char abstract[64];
	FILE *out = argc == 3 ? fopen(argv[2], "a") : NULL;
	int tcp = 0, udp = 0, shm = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	char *at = shm < 0 ? NULL : shmat(shm, NULL, 0);

	if (!out || !at)
		return 2;
	memcpy(at, secret, sizeof(secret));
	signal(SIGUSR1, on_signal);
	signal(SIGPIPE, SIG_IGN);
	snprintf(abstract, sizeof(abstract), "preview-isolation-%d", (int)getpid());
	syscall(SYS_add_key, "user", "preview-isolation", secret, sizeof(secret),
	        KEY_SPEC_USER_KEYRING);
	p[TCP].fd = port_socket(SOCK_STREAM, &tcp);
	p[UDP].fd = port_socket(SOCK_DGRAM, &udp);
	p[ABSTRACT].fd = name_socket(NULL, abstract);
	for (int i = 0; i < 3; i++)
		p[DOCKER + i].fd = name_socket(argv[1], names[i]);
	p[SOCKETS].fd = STDIN_FILENO;
	for (int i = 0; i <= SOCKETS; i++)
		p[i].events = POLLIN;
	fprintf(out,
	        "pid=%d\naddress=%lx\ntcp=%d\nudp=%d\nabstract=%s\nsysv=%d\n"
	        "docker=%s/docker.sock\nagent=%s/agent.sock\nbus=%s/bus.sock\nready=1\n",
	        (int)getpid(), (unsigned long)(void *)secret, tcp, udp, abstract, shm, argv[1],
	        argv[1], argv[1]);
	fclose(out);
	tcp = serve(p);
	printf("reached %d signals %d memory %s\n", tcp, (int)signals,
	       memcmp(at, secret, sizeof(secret)) ? "changed" : "same");
	shmctl(shm, IPC_RMID, NULL);
	return 0;
}
