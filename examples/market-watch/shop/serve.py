"""Serves a small shop on this machine; every second week it is cheaper. `python3 shop/serve.py [PORT] [WEEK]`, ended with Ctrl-C."""

import sys
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGES = Path(__file__).with_name("pages")
PRICES = ({"LAMP": "24.90", "BELL": "9.50", "CLIP": "3.20"}, {"LAMP": "21.90", "BELL": "9.50", "CLIP": "3.80"})


class Shop(BaseHTTPRequestHandler):
    """Pages, with the prices of the week."""

    def do_GET(self) -> None:
        """One page."""
        page = PAGES / f"{self.path.strip('/') or 'index'}.html"
        found = page.parent == PAGES and page.is_file()
        text = page.read_text(encoding="utf-8") if found else "<title>Nothing here</title>"
        for name, price in PRICES[WEEK % 2].items():
            text = text.replace(f"{{{name}}}", price)
        self.send_response(200 if found else 404)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


PORT, WEEK = (int(word) for word in (*sys.argv[1:], *("8000", str(date.today().isocalendar().week))[len(sys.argv) - 1 :]))

if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Shop).serve_forever()
