export PATH=/sbin:/bin:/usr/sbin:/usr/bin HOME=/root TERM="${TERM:-linux}"
export PS1='\w # '
alias ll='ls -l'
cd
