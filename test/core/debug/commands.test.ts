import { expect } from "chai";
import { captureCommand, captureNotes, isNotPermitted, wireCommand } from "../../../src/core/debug/commands.ts";
import type { CaptureNotes } from "../../../src/core/debug/commands.ts";

describe("what is run in a debug container", () => {
  it("ends when nobody listens any more, and signals nobody else", () => {
    expect(captureCommand(0)).to.deep.equal([
      "setsid",
      "--wait",
      "sh",
      "-c",
      [
        "trap : TERM",
        "exec 3<&0",
        "(trap '' TERM; while read -r line; do :; done <&3; while kill -TERM 0; do sleep 1; done) >/dev/null 2>&1 &",
        "timeout --foreground --preserve-status --signal=INT 0 tcpdump -Z root -i eth0 -U -w - </dev/null 3<&-",
        "status=$?",
        "kill -KILL $! 2>/dev/null",
        "exit $status",
      ].join("\n"),
    ]);
  });

  it("takes the port of the pod's own proxy for TLS, and looks for TLS at any other", () => {
    const [script = ""] = wireCommand(10, 5143).slice(-1);
    expect(script).to.include(
      " --signal=INT 10 tcpdump -Z root -i eth0 -U -w - tcp </dev/null 3<&- | tshark -r - -n -l ",
    );
    expect(script).to.include(" -d tcp.port==5143,tls --enable-heuristic tls_tcp -o tcp.try_heuristic_first:TRUE ");
    expect(script).to.include(" -Y '(tcp.len>0 or tcp.flags.syn==1) and not ");
  });

  const rows: readonly (readonly [claim: string, text: string, expected: CaptureNotes])[] = [
    [
      "all is well",
      "tcpdump: listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n12 packets captured\n14 packets received by filter\n0 packets dropped by kernel\n",
      { captured: 12, dropped: 0, trouble: [] },
    ],
    ["one packet", "1 packet captured\n", { captured: 1, dropped: 0, trouble: [] }],
    ["too many came", "12 packets captured\n3 packets dropped by kernel\n", { captured: 12, dropped: 3, trouble: [] }],
    [
      "what tshark says for nothing",
      'Running as user "root" and group "root". This could be dangerous.\ntshark: cap_set_proc() fail return: Operation not permitted\n\n',
      { captured: undefined, dropped: 0, trouble: [] },
    ],
    [
      "no right to capture",
      "tcpdump: eth0: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)\n",
      {
        captured: undefined,
        dropped: 0,
        trouble: [
          "tcpdump: eth0: You don't have permission to perform this capture on that device",
          "(socket: Operation not permitted)",
        ],
      },
    ],
    [
      "no such device",
      "tcpdump: eth0: No such device exists\n",
      { captured: undefined, dropped: 0, trouble: ["tcpdump: eth0: No such device exists"] },
    ],
  ];
  for (const [claim, text, expected] of rows) {
    it(`standard error: ${claim}`, () => {
      const notes = captureNotes(text);
      expect(notes).to.deep.equal(expected);
      expect(isNotPermitted(notes.trouble)).to.equal(claim === "no right to capture");
    });
  }
});
