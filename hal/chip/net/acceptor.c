/* hal/xs/io/acceptor.h over lwIP. What comes is a stream from the start, so that it keeps what its peer sends at once. */
#include "../../xs/io/acceptor.h"

#include <string.h>

#include "../../xs/memory.h"
#include "net-parts.h"
#include "stream-parts.h"

/* Connections that wait here beside those that are told of; more are asked to come again by silence. */
#define BACKLOG 24

struct Acceptor {
	Task task;
	struct tcp_pcb* pcb;
	void (*came)(void* owner);
	void* owner;
	Stream* first;
	uint8_t count;
	uint8_t untold;
	uint8_t isClosed;
};

static err_t onOpening(u8_t id, struct tcp_pcb_listen* listening, struct tcp_pcb* pcb)
{
	streamLimit(pcb);
	return ERR_OK;
}

/* The one extra argument that a pcb has here is for this callback alone. */
static void limitWindows(struct tcp_pcb* pcb)
{
	static const struct tcp_ext_arg_callbacks callbacks = {.passive_open = onOpening};
	static int id = -1;
	if (id < 0)
		id = tcp_ext_arg_alloc_id();
	tcp_ext_arg_set_callbacks(pcb, (u8_t)id, &callbacks);
}

static err_t onAccepted(void* data, struct tcp_pcb* pcb, err_t error)
{
	Acceptor* acceptor = data;
	if (error || !pcb || acceptor->isClosed)
		return ERR_VAL;
	Stream* stream = streamNew(NULL, NULL);
	if (!stream)
		return ERR_MEM; /* lwIP ends it */
	tcp_backlog_delayed(pcb);
	netFromLwip(&pcb->remote_ip, pcb->remote_port, &stream->peer);
	streamListen(stream, pcb);
	streamOpened(stream);
	stream->owed = (size_t)(TCP_WND - pcb->rcv_wnd);
	Stream** end = &acceptor->first;
	while (*end)
		end = &(*end)->next;
	*end = stream;
	acceptor->count++;
	acceptor->untold++;
	taskPost(&acceptor->task);
	return ERR_OK;
}

static void acceptorTask(Task* task)
{
	Acceptor* acceptor = (Acceptor*)task;
	for (; acceptor->untold && !acceptor->isClosed; acceptor->came(acceptor->owner)) {
		/* Who was taken already isn't told of. */
		if (acceptor->untold > acceptor->count)
			acceptor->untold = acceptor->count;
		if (!acceptor->untold)
			return;
		acceptor->untold--;
	}
}

static Stream* takeFirst(Acceptor* acceptor)
{
	Stream* stream = acceptor->first;
	acceptor->first = stream->next;
	acceptor->count--;
	if (stream->pcb)
		tcp_backlog_accepted(stream->pcb);
	return stream;
}

/* All that the one has becomes the other's. */
int streamAccept(Stream* stream, Acceptor* acceptor)
{
	if (!acceptor->count)
		return 0;
	Stream* waiting = takeFirst(acceptor);
	stream->state = waiting->state;
	stream->fate = waiting->fate;
	stream->detail = waiting->detail;
	stream->atEnd = waiting->atEnd;
	stream->announce = 1;
	stream->wasOpen = 1;
	stream->received = waiting->received;
	stream->readable = waiting->readable;
	stream->owed = waiting->owed;
	stream->hasNews = waiting->readable != 0;
	stream->peer = waiting->peer;
	if (waiting->pcb)
		streamListen(stream, waiting->pcb);
	waiting->pcb = NULL;
	waiting->received = NULL;
	streamClose(waiting);
	taskPost(&stream->task);
	return 1;
}

static err_t listenAt(Acceptor* acceptor, const ip_addr_t* at, uint16_t port)
{
	err_t error;
	struct tcp_pcb* pcb = tcp_new_ip_type(IP_GET_TYPE(at));
	if (!pcb)
		return ERR_MEM;
	/* A port whose last connections wait for stragglers is free. */
	ip_set_option(pcb, SOF_REUSEADDR);
	limitWindows(pcb);
	error = tcp_bind(pcb, at, port);
	if (!error)
		acceptor->pcb = tcp_listen_with_backlog_and_err(pcb, BACKLOG, &error);
	if (error) {
		tcp_abort(pcb);
		return error;
	}
	tcp_arg(acceptor->pcb, acceptor);
	tcp_accept(acceptor->pcb, onAccepted);
	return ERR_OK;
}

Acceptor* acceptorOpen(
	const Address* address, uint16_t port, void (*came)(void* owner), void* owner, const char** wrong)
{
	ip_addr_t at = *IP_ANY_TYPE;
	Acceptor* acceptor = hostAllocate(sizeof *acceptor);
	*wrong = "no memory";
	if (!acceptor)
		return NULL;
	acceptor->task.run = acceptorTask;
	acceptor->came = came;
	acceptor->owner = owner;
	if (address)
		netToLwip(address, &at);
	err_t error = listenAt(acceptor, &at, port);
	if (!error)
		return acceptor;
	*wrong = netWord(error);
	hostFree(acceptor);
	return NULL;
}

uint16_t acceptorPort(const Acceptor* acceptor)
{
	return acceptor->pcb->local_port;
}

int acceptorWaiting(const Acceptor* acceptor)
{
	return acceptor->count < ACCEPTOR_MOST ? acceptor->count : ACCEPTOR_MOST;
}

void acceptorClose(Acceptor* acceptor)
{
	acceptor->isClosed = 1;
	taskCancel(&acceptor->task);
	while (acceptor->first)
		streamClose(takeFirst(acceptor));
	tcp_accept(acceptor->pcb, NULL);
	tcp_close(acceptor->pcb);
	taskDefer(hostFree, acceptor);
}
