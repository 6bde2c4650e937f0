"""A server as the engine, by OpenAI's chat completions over HTTP.

``engine`` asks, and asks again where that helps; ``stream`` makes a reply of what is streamed;
``refusals`` says what follows from a server's words in place of one.
"""
