"""The languages of the site: what is said in the sources, and how it is said in others. For developers: needs Babel."""
