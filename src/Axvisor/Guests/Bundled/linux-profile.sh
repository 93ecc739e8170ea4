export PS1='\w # '
alias ll='ls -l'
