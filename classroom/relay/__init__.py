"""The media relay: forwards RTP between browsers, and never decodes a picture."""
