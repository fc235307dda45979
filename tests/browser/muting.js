/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which a page stops to send what its user says, and begins again:
 * mute () and unmute (), and for some later (), when it has been mute for a
 * while.
 *
 * page: { session (): the producer's session of gstwebrtc-api,
 *         clients: its sessions with consumers, renegotiate (client),
 *         announce (): produces anew } */
export const createWays = (page) => {
  /* A consumer may have given up a session that this page still offers. */
  const connected = () => page.clients.filter((client) =>
    client.rtcPeerConnection?.connectionState === 'connected');
  const senders = () => connected()
    .flatMap((client) => client.rtcPeerConnection.getSenders());
  const track = () => page.session().stream.getTracks()[0];

  const setActive = (active) => Promise.all(senders().map((sender) => {
    const parameters = sender.getParameters();
    parameters.encodings.forEach((e) => { e.active = active; });
    return sender.setParameters(parameters);
  }));

  const replaceTracks = (other) =>
    Promise.all(senders().map((sender) => sender.replaceTrack(other)));

  const setDirection = (direction) => Promise.all(connected().map((client) => {
    const [transceiver] = client.rtcPeerConnection.getTransceivers();
    transceiver.direction = direction;
    return page.renegotiate(client);
  }));

  const enableTracks = (enabled) => page.session().stream.getTracks()
    .forEach((t) => { t.enabled = enabled; });

  const eachConnection = (func) => Promise.all(connected().map((client) => {
    func(client.rtcPeerConnection);
    return page.renegotiate(client);
  }));

  const setRoles = (roles) => {
    const channel = page.session()._comChannel;
    channel.send({ type: 'setPeerStatus', roles, meta: channel.meta });
  };
  const announceAgain = () => {
    setRoles(['listener']);
    setRoles(['listener', 'producer']);
  };
  const closeConnections = () => connected()
    .forEach((client) => client.rtcPeerConnection.close());
  const endSessions = () => connected().forEach((client) => client.close());

  /* Those that end the session; the others go on in it. */
  const ends = {
    /* The application closes the connection and tells nobody. */
    closed: { mute: closeConnections, unmute: announceAgain },
    /* endSession */
    ended: { mute: endSessions, unmute: announceAgain },
    /* Muted, and endSession when it has been for long. */
    endedLater: {
      mute: () => replaceTracks(null),
      later: endSessions,
      unmute: announceAgain,
    },
    closedLater: {
      mute: () => replaceTracks(null),
      later: closeConnections,
      unmute: announceAgain,
    },
    /* It is no producer any more; the session goes at the same time. */
    withdrawn: {
      mute: () => {
        setRoles(['listener']);
        closeConnections();
      },
      unmute: () => setRoles(['listener', 'producer']),
    },
    /* All that gstwebrtc-api does at the end. */
    left: { mute: () => page.session().close(), unmute: page.announce },
  };

  return {
    ...ends,
    enabled: { mute: () => enableTracks(false), unmute: () => enableTracks(true) },
    replaced: {
      mute: () => replaceTracks(null),
      unmute: () => replaceTracks(track()),
    },
    encoding: { mute: () => setActive(false), unmute: () => setActive(true) },
    inactive: {
      mute: () => setDirection('inactive'),
      unmute: () => setDirection('sendonly'),
    },
    recvonly: {
      mute: () => setDirection('recvonly'),
      unmute: () => setDirection('sendonly'),
    },
    /* The sender stays, without a track. */
    removed: {
      mute: () => eachConnection((connection) => connection.getSenders()
        .forEach((sender) => connection.removeTrack(sender))),
      unmute: async () => {
        await replaceTracks(track());
        await setDirection('sendonly');
      },
    },
    /* A track that is added anew has a line of its own in the description. */
    added: {
      mute: () => eachConnection((connection) => connection.getSenders()
        .forEach((sender) => connection.removeTrack(sender))),
      unmute: () => eachConnection((connection) =>
        connection.addTrack(track(), page.session().stream)),
    },
    stopped: {
      mute: () => page.session().stream.getTracks().forEach((t) => t.stop()),
      unmute: async () => {
        const stream = await navigator.mediaDevices.getUserMedia(
          { audio: true });
        await replaceTracks(stream.getTracks()[0]);
      },
    },
  };
};
