// The SharedWorker: one Line for all tabs, since a browser allows only six connections to one host.
import { Line } from "./line.js";

const line = new Line();

addEventListener("connect", (event) => {
  const port = event.ports[0];
  port.onmessage = ({ data }) => {
    if (data.hello) {
      line.join(data.hello, (message) => port.postMessage(message));
      // The tab holds a lock of that name as long as it lives; who gets it learns that the tab is gone, however it went.
      navigator.locks.request(data.hello, () => line.leave(data.hello));
    }
    line.heard(data.hello || data.from, data);
  };
});
